"""The functions of the table for checkers of types; at run time `diffcli` makes each from its row when it is first asked for.

Written by ``python -m pytest tests/test_types.py --update-golden``.
"""

from typing import Any

__all__ = [  # noqa: RUF022
    "abs",
    "acos",
    "acosh",
    "amax",
    "amin",
    "arccos",
    "arccosh",
    "arcosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "arctg",
    "argmax",
    "argmin",
    "arsinh",
    "artanh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "average",
    "broadcast",
    "broadcast_to",
    "cat",
    "cbrt",
    "ceil",
    "ceiling",
    "clamp",
    "clip",
    "concat",
    "concatenate",
    "conv1d",
    "copysign",
    "cos",
    "cosec",
    "cosech",
    "cosh",
    "cospi",
    "cot",
    "coth",
    "cross_entropy",
    "csc",
    "csch",
    "ctg",
    "cumsum",
    "det",
    "detach",
    "diag",
    "digamma",
    "dot",
    "elu",
    "erf",
    "erfc",
    "exp",
    "expit",
    "expm1",
    "fabs",
    "fix",
    "floor",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "gamma",
    "gammaln",
    "gelu",
    "hardtanh",
    "hypot",
    "inv",
    "leaky_relu",
    "lgamma",
    "ln",
    "log",
    "log10",
    "log1p",
    "log2",
    "log_softmax",
    "logaddexp",
    "logcosh",
    "loggamma",
    "logistic",
    "logsumexp",
    "matmul",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "mod",
    "norm",
    "one_hot",
    "outer",
    "polygamma",
    "pow",
    "prod",
    "psi",
    "reciprocal",
    "relu",
    "relu6",
    "remainder",
    "reshape",
    "round",
    "sec",
    "sech",
    "sgn",
    "sigmoid",
    "sign",
    "signum",
    "silu",
    "sin",
    "sinc",
    "sinh",
    "sinpi",
    "softmax",
    "softplus",
    "solve",
    "sqrt",
    "square",
    "stack",
    "stop_gradient",
    "sum",
    "swish",
    "tan",
    "tanh",
    "tg",
    "transpose",
    "trunc",
    "where",
    "xlogy",
]

def abs(a: Any, /) -> Any:
    """Absolute value. See ``diffcli functions abs``."""

def acos(a: Any, /) -> Any:
    """Inverse cosine. See ``diffcli functions acos``."""

def acosh(a: Any, /) -> Any:
    """Inverse hyperbolic cosine. See ``diffcli functions acosh``."""

def amax(a: Any, /, axis: Any = ..., keepdims: Any = ...) -> Any:
    """Largest of the elements. See ``diffcli functions amax``."""

def amin(a: Any, /, axis: Any = ..., keepdims: Any = ...) -> Any:
    """Smallest of the elements. See ``diffcli functions amin``."""

def arccos(a: Any, /) -> Any:
    """Inverse cosine. See ``diffcli functions arccos``."""

def arccosh(a: Any, /) -> Any:
    """Inverse hyperbolic cosine. See ``diffcli functions arccosh``."""

def arcosh(a: Any, /) -> Any:
    """Inverse hyperbolic cosine. See ``diffcli functions arcosh``."""

def arcsin(a: Any, /) -> Any:
    """Inverse sine. See ``diffcli functions arcsin``."""

def arcsinh(a: Any, /) -> Any:
    """Inverse hyperbolic sine. See ``diffcli functions arcsinh``."""

def arctan(a: Any, /) -> Any:
    """Inverse tangent. See ``diffcli functions arctan``."""

def arctan2(a: Any, b: Any, /) -> Any:
    """Angle of the point (b, a). See ``diffcli functions arctan2``."""

def arctanh(a: Any, /) -> Any:
    """Inverse hyperbolic tangent. See ``diffcli functions arctanh``."""

def arctg(a: Any, /) -> Any:
    """Inverse tangent. See ``diffcli functions arctg``."""

def argmax(a: Any, /, axis: Any = ..., keepdims: Any = ...) -> Any:
    """Place of the largest element, the first of several. See ``diffcli functions argmax``."""

def argmin(a: Any, /, axis: Any = ..., keepdims: Any = ...) -> Any:
    """Place of the smallest element, the first of several. See ``diffcli functions argmin``."""

def arsinh(a: Any, /) -> Any:
    """Inverse hyperbolic sine. See ``diffcli functions arsinh``."""

def artanh(a: Any, /) -> Any:
    """Inverse hyperbolic tangent. See ``diffcli functions artanh``."""

def asin(a: Any, /) -> Any:
    """Inverse sine. See ``diffcli functions asin``."""

def asinh(a: Any, /) -> Any:
    """Inverse hyperbolic sine. See ``diffcli functions asinh``."""

def atan(a: Any, /) -> Any:
    """Inverse tangent. See ``diffcli functions atan``."""

def atan2(a: Any, b: Any, /) -> Any:
    """Angle of the point (b, a). See ``diffcli functions atan2``."""

def atanh(a: Any, /) -> Any:
    """Inverse hyperbolic tangent. See ``diffcli functions atanh``."""

def average(a: Any, /, axis: Any = ..., keepdims: Any = ...) -> Any:
    """Mean of the elements. See ``diffcli functions average``."""

def broadcast(a: Any, /, shape: Any = ...) -> Any:
    """Repeated to a shape. See ``diffcli functions broadcast``."""

def broadcast_to(a: Any, /, shape: Any = ...) -> Any:
    """Repeated to a shape. See ``diffcli functions broadcast_to``."""

def cat(*a: Any, axis: Any = ...) -> Any:
    """Arrays one after the other. See ``diffcli functions cat``."""

def cbrt(a: Any, /) -> Any:
    """Real cube root. See ``diffcli functions cbrt``."""

def ceil(a: Any, /) -> Any:
    """Round up. See ``diffcli functions ceil``."""

def ceiling(a: Any, /) -> Any:
    """Round up. See ``diffcli functions ceiling``."""

def clamp(a: Any, b: Any, c: Any, /) -> Any:
    """A held between b and c. See ``diffcli functions clamp``."""

def clip(a: Any, b: Any, c: Any, /) -> Any:
    """A held between b and c. See ``diffcli functions clip``."""

def concat(*a: Any, axis: Any = ...) -> Any:
    """Arrays one after the other. See ``diffcli functions concat``."""

def concatenate(*a: Any, axis: Any = ...) -> Any:
    """Arrays one after the other. See ``diffcli functions concatenate``."""

def conv1d(a: Any, b: Any, /) -> Any:
    """Sums of the products of a kernel and each stretch of a vector. See ``diffcli functions conv1d``."""

def copysign(a: Any, b: Any, /) -> Any:
    """Abs(a) with the sign of b. See ``diffcli functions copysign``."""

def cos(a: Any, /) -> Any:
    """Cosine. See ``diffcli functions cos``."""

def cosec(a: Any, /) -> Any:
    """Cosecant, 1/sin. See ``diffcli functions cosec``."""

def cosech(a: Any, /) -> Any:
    """Hyperbolic cosecant, 1/sinh. See ``diffcli functions cosech``."""

def cosh(a: Any, /) -> Any:
    """Hyperbolic cosine. See ``diffcli functions cosh``."""

def cospi(a: Any, /) -> Any:
    """Cos(pi*a), 0 at the half-integers. See ``diffcli functions cospi``."""

def cot(a: Any, /) -> Any:
    """Cotangent, 1/tan. See ``diffcli functions cot``."""

def coth(a: Any, /) -> Any:
    """Hyperbolic cotangent, 1/tanh. See ``diffcli functions coth``."""

def cross_entropy(a: Any, b: Any, /) -> Any:
    """Mean of logsumexp(logits) - the label's logit. See ``diffcli functions cross_entropy``."""

def csc(a: Any, /) -> Any:
    """Cosecant, 1/sin. See ``diffcli functions csc``."""

def csch(a: Any, /) -> Any:
    """Hyperbolic cosecant, 1/sinh. See ``diffcli functions csch``."""

def ctg(a: Any, /) -> Any:
    """Cotangent, 1/tan. See ``diffcli functions ctg``."""

def cumsum(a: Any, /, axis: Any = ...) -> Any:
    """Sums of the elements so far. See ``diffcli functions cumsum``."""

def det(a: Any, /) -> Any:
    """Determinant. See ``diffcli functions det``."""

def detach(a: Any, /) -> Any:
    """A, held constant for every derivative. See ``diffcli functions detach``."""

def diag(a: Any, /) -> Any:
    """A matrix with this diagonal; of a matrix, its diagonal. See ``diffcli functions diag``."""

def digamma(a: Any, /) -> Any:
    """Derivative of lgamma. See ``diffcli functions digamma``."""

def dot(a: Any, b: Any, /) -> Any:
    """Matrix product. See ``diffcli functions dot``."""

def elu(a: Any, b: Any = ..., /) -> Any:
    """A, or b*expm1(a) for a < 0. See ``diffcli functions elu``."""

def erf(a: Any, /) -> Any:
    """Error function. See ``diffcli functions erf``."""

def erfc(a: Any, /) -> Any:
    """1 - erf(a). See ``diffcli functions erfc``."""

def exp(a: Any, /) -> Any:
    """Exponential. See ``diffcli functions exp``."""

def expit(a: Any, /) -> Any:
    """Logistic function. See ``diffcli functions expit``."""

def expm1(a: Any, /) -> Any:
    """Exp(a) - 1, exact near 0. See ``diffcli functions expm1``."""

def fabs(a: Any, /) -> Any:
    """Absolute value. See ``diffcli functions fabs``."""

def fix(a: Any, /) -> Any:
    """Round towards 0. See ``diffcli functions fix``."""

def floor(a: Any, /) -> Any:
    """Round down. See ``diffcli functions floor``."""

def floor_divide(a: Any, b: Any, /) -> Any:
    """A/b rounded down. See ``diffcli functions floor_divide``."""

def fmax(*a: Any) -> Any:
    """Largest of its operands. See ``diffcli functions fmax``."""

def fmin(*a: Any) -> Any:
    """Smallest of its operands. See ``diffcli functions fmin``."""

def fmod(a: Any, b: Any, /) -> Any:
    """Remainder of a/b, with the sign of a. See ``diffcli functions fmod``."""

def gamma(a: Any, /) -> Any:
    """Gamma function. See ``diffcli functions gamma``."""

def gammaln(a: Any, /) -> Any:
    """Log of the gamma function's absolute value. See ``diffcli functions gammaln``."""

def gelu(a: Any, /) -> Any:
    """A times the normal distribution function. See ``diffcli functions gelu``."""

def hardtanh(a: Any, /) -> Any:
    """Clip(a, -1, 1). See ``diffcli functions hardtanh``."""

def hypot(a: Any, b: Any, /) -> Any:
    """Sqrt(a^2 + b^2). See ``diffcli functions hypot``."""

def inv(a: Any, /) -> Any:
    """Inverse of a matrix. See ``diffcli functions inv``."""

def leaky_relu(a: Any, b: Any = ..., /) -> Any:
    """A, or b*a for a < 0. See ``diffcli functions leaky_relu``."""

def lgamma(a: Any, /) -> Any:
    """Log of the gamma function's absolute value. See ``diffcli functions lgamma``."""

def ln(a: Any, /) -> Any:
    """Natural logarithm. See ``diffcli functions ln``."""

def log(a: Any, b: Any = ..., /) -> Any:
    """Natural logarithm. See ``diffcli functions log``."""

def log10(a: Any, /) -> Any:
    """Logarithm to the base 10. See ``diffcli functions log10``."""

def log1p(a: Any, /) -> Any:
    """Log(1 + a), exact near 0. See ``diffcli functions log1p``."""

def log2(a: Any, /) -> Any:
    """Logarithm to the base 2. See ``diffcli functions log2``."""

def log_softmax(a: Any, /, axis: Any = ...) -> Any:
    """Log of softmax, exact for any size. See ``diffcli functions log_softmax``."""

def logaddexp(a: Any, b: Any, /) -> Any:
    """Log(exp(a) + exp(b)). See ``diffcli functions logaddexp``."""

def logcosh(a: Any, /) -> Any:
    """Log(cosh(a)), never overflows. See ``diffcli functions logcosh``."""

def loggamma(a: Any, /) -> Any:
    """Log of the gamma function's absolute value. See ``diffcli functions loggamma``."""

def logistic(a: Any, /) -> Any:
    """Logistic function. See ``diffcli functions logistic``."""

def logsumexp(a: Any, /, axis: Any = ..., keepdims: Any = ...) -> Any:
    """Log of the sum of exponentials, never overflows. See ``diffcli functions logsumexp``."""

def matmul(a: Any, b: Any, /) -> Any:
    """Matrix product. See ``diffcli functions matmul``."""

def max(*a: Any, axis: Any = ..., keepdims: Any = ...) -> Any:
    """Largest of its operands. See ``diffcli functions max``."""

def maximum(*a: Any) -> Any:
    """Largest of its operands. See ``diffcli functions maximum``."""

def mean(a: Any, /, axis: Any = ..., keepdims: Any = ...) -> Any:
    """Mean of the elements. See ``diffcli functions mean``."""

def min(*a: Any, axis: Any = ..., keepdims: Any = ...) -> Any:
    """Smallest of its operands. See ``diffcli functions min``."""

def minimum(*a: Any) -> Any:
    """Smallest of its operands. See ``diffcli functions minimum``."""

def mod(a: Any, b: Any, /) -> Any:
    """Remainder of a/b, with the sign of b. See ``diffcli functions mod``."""

def norm(a: Any, /, axis: Any = ..., keepdims: Any = ...) -> Any:
    """Square root of the sum of squares. See ``diffcli functions norm``."""

def one_hot(a: Any, /, classes: Any = ...) -> Any:
    """1 at the label's place, 0 elsewhere. See ``diffcli functions one_hot``."""

def outer(a: Any, b: Any, /) -> Any:
    """All products of an element of one and an element of the other. See ``diffcli functions outer``."""

def polygamma(a: Any, b: Any, /) -> Any:
    """A-th derivative of digamma. See ``diffcli functions polygamma``."""

def pow(a: Any, b: Any, /) -> Any:
    """Power. See ``diffcli functions pow``."""

def prod(a: Any, /, axis: Any = ..., keepdims: Any = ...) -> Any:
    """Product of the elements. See ``diffcli functions prod``."""

def psi(a: Any, /) -> Any:
    """Derivative of lgamma. See ``diffcli functions psi``."""

def reciprocal(a: Any, /) -> Any:
    """1/a. See ``diffcli functions reciprocal``."""

def relu(a: Any, /) -> Any:
    """Max(a, 0). See ``diffcli functions relu``."""

def relu6(a: Any, /) -> Any:
    """Clip(a, 0, 6). See ``diffcli functions relu6``."""

def remainder(a: Any, b: Any, /) -> Any:
    """Remainder of a/b, with the sign of b. See ``diffcli functions remainder``."""

def reshape(a: Any, /, shape: Any = ...) -> Any:
    """The same elements in another shape. See ``diffcli functions reshape``."""

def round(a: Any, /) -> Any:
    """Nearest integer, halves to even. See ``diffcli functions round``."""

def sec(a: Any, /) -> Any:
    """Secant, 1/cos. See ``diffcli functions sec``."""

def sech(a: Any, /) -> Any:
    """Hyperbolic secant, 1/cosh. See ``diffcli functions sech``."""

def sgn(a: Any, /) -> Any:
    """-1, 0 or 1. See ``diffcli functions sgn``."""

def sigmoid(a: Any, /) -> Any:
    """Logistic function. See ``diffcli functions sigmoid``."""

def sign(a: Any, /) -> Any:
    """-1, 0 or 1. See ``diffcli functions sign``."""

def signum(a: Any, /) -> Any:
    """-1, 0 or 1. See ``diffcli functions signum``."""

def silu(a: Any, /) -> Any:
    """A*sigmoid(a). See ``diffcli functions silu``."""

def sin(a: Any, /) -> Any:
    """Sine. See ``diffcli functions sin``."""

def sinc(a: Any, /) -> Any:
    """Sin(pi*a)/(pi*a), 1 at 0. See ``diffcli functions sinc``."""

def sinh(a: Any, /) -> Any:
    """Hyperbolic sine. See ``diffcli functions sinh``."""

def sinpi(a: Any, /) -> Any:
    """Sin(pi*a), 0 at the integers. See ``diffcli functions sinpi``."""

def softmax(a: Any, /, axis: Any = ...) -> Any:
    """Exponentials as shares of their sum. See ``diffcli functions softmax``."""

def softplus(a: Any, /) -> Any:
    """Log(1 + exp(a)), never overflows. See ``diffcli functions softplus``."""

def solve(a: Any, b: Any, /) -> Any:
    """The x with a @ x = b. See ``diffcli functions solve``."""

def sqrt(a: Any, /) -> Any:
    """Square root. See ``diffcli functions sqrt``."""

def square(a: Any, /) -> Any:
    """A^2. See ``diffcli functions square``."""

def stack(*a: Any, axis: Any = ...) -> Any:
    """Arrays side by side along a new axis. See ``diffcli functions stack``."""

def stop_gradient(a: Any, /) -> Any:
    """A, held constant for every derivative. See ``diffcli functions stop_gradient``."""

def sum(a: Any, /, axis: Any = ..., keepdims: Any = ...) -> Any:
    """Sum of the elements. See ``diffcli functions sum``."""

def swish(a: Any, /) -> Any:
    """A*sigmoid(a). See ``diffcli functions swish``."""

def tan(a: Any, /) -> Any:
    """Tangent. See ``diffcli functions tan``."""

def tanh(a: Any, /) -> Any:
    """Hyperbolic tangent. See ``diffcli functions tanh``."""

def tg(a: Any, /) -> Any:
    """Tangent. See ``diffcli functions tg``."""

def transpose(a: Any, /, axes: Any = ...) -> Any:
    """Axes in reverse order. See ``diffcli functions transpose``."""

def trunc(a: Any, /) -> Any:
    """Round towards 0. See ``diffcli functions trunc``."""

def where(a: Any, b: Any, c: Any, /) -> Any:
    """B if a holds, else c; only the one taken is evaluated. See ``diffcli functions where``."""

def xlogy(a: Any, b: Any, /) -> Any:
    """A*log(b), and 0 at a = 0. See ``diffcli functions xlogy``."""
