"""The code of five documents about automatic differentiation, as it stands there, and what it prints.

Notes on accuracy and evaluation modes; notes on ``torch.autograd``; notes on training and evaluation modes; a page on ``no_grad``,
which has no code; and the lecture "Automatic Differentiation" (COMP6211Y, Binhang Yuan). A block is run after those that it
``needs``; what a document takes for granted (a model, data) stands in `GIVEN`, small and of the same shape.

In what is printed a number stands for any number. Two things are written otherwise than there: shapes, which are tuples here
and not ``torch.Size``, and the names of nodes: PyTorch calls the product of a vector and a matrix ``SqueezeBackward4``, and the
document has ``AddBackward0`` where nothing is added.
"""

from __future__ import annotations

from typing import NamedTuple


class Block(NamedTuple):
    """A block of code."""

    code: str
    needs: tuple[str, ...] = ()
    prints: str = ""
    error: str = ""
    """The code of the error that it shows."""
    holds: tuple[str, ...] = ()
    """What the document says of it, as expressions that are true afterwards."""


IMPORTS = """
import math
import time
import torch
from torch import nn
import torch.nn.functional as F
"""

GIVEN = {
    "a model and inputs": "model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Dropout(0.5))\ninputs = torch.randn(5, 4)",
    "a net and data": """
net = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 1))
loss_fn = nn.MSELoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
features = torch.randn(64, 4)
labels = features.sum(1, keepdim=True)
dev_features, dev_labels, test_data = features[48:], labels[48:], features[48:]
train_loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(features[:48], labels[:48]), batch_size=16, shuffle=True)
""",
    # in place of the pictures of clothes that the slides download: as many numbers in each, and ten labels
    "a loss of 64 images": """
batch_size = 64
""",
    "64 images, and their loss": """
X = torch.rand(batch_size, 1, 28, 28)
y = torch.randint(0, 10, (batch_size,))
loss = nn.CrossEntropyLoss()(model(X), y)
""",
    "images in batches": """
data = torch.utils.data.TensorDataset(torch.rand(20, 1, 28, 28), torch.randint(0, 10, (20,)))
dataloader = torch.utils.data.DataLoader(data, batch_size=8)
model = nn.Sequential(nn.Flatten(), nn.Linear(28*28, 10))
loss_fn = nn.CrossEntropyLoss()
""",
}

BLOCKS = {
    # -- notes on accuracy, differentiability and evaluation modes ----------------------------------------------------------
    "no_grad": Block("with torch.no_grad():\n    outputs = model(inputs)", ("a model and inputs",), holds=(
        'not outputs.requires_grad and outputs.grad_fn is None',
        'tuple(outputs.shape) == (5, 3)',
        'torch.is_grad_enabled()',
        'model.training',
        'not torch.equal(model(inputs), model(inputs))',
    )),
    "inference_mode": Block("with torch.inference_mode():\n    outputs = model(inputs)", ("a model and inputs",), holds=(
        'outputs.is_inference() and not outputs.requires_grad',
        'not torch.is_inference_mode_enabled()',
    )),
    "evaluation": Block("""
model.eval()  # switch layers to inference mode
with torch.inference_mode():  # efficient no-grad evaluation
    outputs = model(inputs)
""", ("a model and inputs",), holds=(
        'not model.training and not model[2].training',
        'torch.equal(model(inputs), model(inputs))',
        'model(inputs).requires_grad',
        'model[1].num_batches_tracked.item() == 0',
    )),
    "a change in place": Block("""
x = torch.ones(3, requires_grad=True)
y = x.exp()
y.add_(1)
y *= 2
y.sum().backward()
""", error="changed-in-place"),
    # -- notes on torch.autograd ------------------------------------------------------------------------------------------
    "Legendre polynomial": Block('''
import torch

class LegendrePolynomial(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input):
        """
        ctx is a context object that can be used
        to stash information for backward computation.
        """
        ctx.save_for_backward(input)
        return 0.5 * (5 * input ** 3 - 3 * input)

    @staticmethod
    def backward(ctx, grad_output):
        input, = ctx.saved_tensors
        return grad_output * 1.5 * (5 * input ** 2 - 1)
''', holds=(
        'LegendrePolynomial.apply(torch.tensor(2.0)).item() == 17.0',
        'torch.autograd.grad(LegendrePolynomial.apply(p := torch.tensor(2.0, requires_grad=True)), p)[0].item() == 28.5',
    )),
    "saved tensors": Block("""
x = torch.randn(5, requires_grad=True)
y = x.pow(2)
print(x.equal(y.grad_fn._saved_self))  # True
""", prints="True", holds=(
        'y.grad_fn._saved_exponent == 2',
        "[name for name in dir(y.grad_fn) if name.startswith('_saved')] == ['_saved_exponent', '_saved_self']",
    )),
    # -- notes on training and evaluation modes ---------------------------------------------------------------------------
    "train and eval": Block("""
# net is your model (e.g., nn.Module)

net.train()       # sets the model to training mode
# training code with gradient updates ...

net.eval()        # sets the model to evaluation mode
with torch.no_grad():
    # code here does not track gradients
    predictions = net(test_data)  # forward pass only
    # no dropout, batch norm uses running stats
""", ("a net and data",), holds=(
        'not net.training and not predictions.requires_grad',
        'tuple(predictions.shape) == (16, 1)',
    )),
    "training loop": Block("""
num_epochs = 100

for epoch in range(num_epochs):
    ### 1) TRAINING PHASE ###
    net.train()  # activate dropout, batch norm uses batch stats

    for X_batch, y_batch in train_loader:
        # forward pass with gradient tracking
        optimizer.zero_grad()
        y_pred = net(X_batch)
        loss   = loss_fn(y_pred, y_batch)
        # backprop
        loss.backward()
        optimizer.step()

    ### 2) EVALUATION PHASE ###
    net.eval()   # deactivate dropout, batch norm uses running averages

    with torch.no_grad():  # no gradient computations
        # entire dev/test set forward pass
        dev_preds = net(dev_features)
        dev_loss  = loss_fn(dev_preds, dev_labels)

        # if you have a test set, similarly:
        # test_preds = net(test_features)
        # test_loss  = loss_fn(test_preds, test_labels)

    # optionally, print epoch metrics or track them
    print(f"Epoch {epoch+1}/{num_epochs}, Dev Loss: {dev_loss.item():.4f}")

    # loop ends, next epoch continues
""", ("a net and data",), prints="\n".join(f"Epoch {epoch}/100, Dev Loss: 0.5" for epoch in range(1, 101)), holds=(
        'dev_loss.item() < 2',
        'not dev_loss.requires_grad and y_pred.requires_grad',
        'net[1].num_batches_tracked.item() == 300',
    )),
    # -- slides: a linear layer --------------------------------------------------------------------------------------
    "the class Linear": Block("""
from torch.nn import Module, Parameter, init
from torch import Tensor

class Linear(Module):
    __constants__ = ['in_features', 'out_features']
    in_features: int
    out_features: int
    weight: Tensor

    def __init__(self, in_features: int, out_features: int, bias: bool = True,
                 device=None, dtype=None) -> None:
        factory_kwargs = {'device': device, 'dtype': dtype}
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter(torch.empty((out_features, in_features), **factory_kwargs))
        if bias:
            self.bias = Parameter(torch.empty(out_features, **factory_kwargs))
        else:
            self.register_parameter('bias', None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        # Setting a=sqrt(5) in kaiming_uniform is the same as initializing with
        # uniform(-1/sqrt(in_features), 1/sqrt(in_features)). For details, see
        # https://github.com/pytorch/pytorch/issues/57109
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in, _ = init._calculate_fan_in_and_fan_out(self.weight)
            bound = 1 / math.sqrt(fan_in) if fan_in > 0 else 0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f'in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}'
""", holds=(
        "repr(Linear(3, 5)) == 'Linear(in_features=3, out_features=5, bias=True)' == repr(nn.Linear(3, 5))",
        'tuple(Linear(3, 5)(torch.ones(2, 3)).shape) == (2, 5)',
        'Linear(3, 5, False).bias is None and Linear(3, 5, bias=False).weight.requires_grad',
        '0.45 < Linear(4, 300).weight.abs().max().item() <= 0.5 and 0.45 < Linear(4, 300).bias.abs().max().item() <= 0.5',
        "[name for name, _ in Linear(3, 5, device='cpu', dtype=torch.float64).named_parameters()] == ['weight', 'bias']",
    )),
    "the model": Block("""
class NeuralNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.flatten = nn.Flatten()
        self.fc1 = nn.Linear(28*28, 512, False)
        self.fc2 = nn.Linear(512, 512, False)
        self.fc3 = nn.Linear(512, 10, False)
        self.register_buffer('fc2_input_act', torch.zeros(batch_size, 512))
        self.register_buffer('fc2_output_act', torch.zeros(batch_size, 512))

    def forward(self, x):
        x = self.flatten(x)
        self.fc2_input_act = F.relu(self.fc1(x))
        self.fc2_input_act.retain_grad()
        self.fc2_output_act = self.fc2(self.fc2_input_act)
        self.fc2_output_act.retain_grad()
        x = F.relu(self.fc2_output_act)
        logits = self.fc3(x)
        return logits

model = NeuralNetwork()
""", ("a loss of 64 images",)),
    "the check of a linear layer": Block("""
loss.backward()

print("Shape of X:", model.fc2_input_act.shape)
print("Shape of dL/dX:", model.fc2_input_act.grad.shape)
print("Shape of W:", model.fc2.weight.shape)
print("Shape of dL/dW:", model.fc2.weight.grad.shape)
print("Shape of Y:", model.fc2_output_act.shape)
print("Shape of dL/dY:", model.fc2_output_act.grad.shape)

diff1 = torch.sum(torch.abs(model.fc2_input_act.grad -
                             torch.matmul(model.fc2_output_act.grad,
                                             model.fc2.weight)))
print("Check dL/dX = dL/dY W^T, diff1=", diff1.item())

diff2 = torch.sum(torch.abs(torch.transpose(model.fc2.weight.grad, 0, 1) -
                             torch.matmul(torch.transpose(model.fc2_input_act, 0, 1),
                                             model.fc2_output_act.grad)))
print("Check dL/dW = X^T dL/dY, diff2=", diff2.item())
""", ("the model", "64 images, and their loss"), prints="""
Shape of X: (64, 512)
Shape of dL/dX: (64, 512)
Shape of W: (512, 512)
Shape of dL/dW: (512, 512)
Shape of Y: (64, 512)
Shape of dL/dY: (64, 512)
Check dL/dX = dL/dY W^T, diff1= 0.0
Check dL/dW = X^T dL/dY, diff2= 0.0
""", holds=(
        'diff1.item() < 1e-4 and diff2.item() < 1e-4',
        "[name for name, _ in model.named_buffers()] == ['fc2_input_act', 'fc2_output_act']",
        'not model.fc2_input_act.is_leaf and model.fc2_input_act.retains_grad',
    )),
    # -- slides: modules ---------------------------------------------------------------------------------------------
    "the convolutional model": Block("""
import torch.nn as nn
import torch.nn.functional as F

class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 20, 5)
        self.conv2 = nn.Conv2d(20, 20, 5)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        return F.relu(self.conv2(x))
""", holds=(
        'tuple(Model()(torch.rand(2, 1, 28, 28)).shape) == (2, 20, 20, 20)',
        "[(name, tuple(one.shape)) for name, one in Model().named_parameters()] == [('conv1.weight', (20, 1, 5, 5)), ('conv1.bias', (20,)), ('conv2.weight', (20, 20, 5, 5)), ('conv2.bias', (20,))]",
        "str(Model()) == 'Model(\\n  (conv1): Conv2d(1, 20, kernel_size=(5, 5), stride=(1, 1))\\n  (conv2): Conv2d(20, 20, kernel_size=(5, 5), stride=(1, 1))\\n)'",
    )),
    "MyLinear": Block("""
import torch
from torch import nn

class MyLinear(nn.Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(in_features, out_features))

    def forward(self, input):
        return torch.matmul(input, self.weight)
"""),
    "a sample": Block("""
m = MyLinear(4, 3)
sample_input = torch.randn(4)
print(m(sample_input))

# tensor([-0.7689,  1.0085,  1.7747], grad_fn=<SqueezeBackward4>)
""", ("MyLinear",), prints="tensor([-0.7689,  1.0085,  1.7747], grad_fn=<MatmulBackward>)", holds=(
        'm.weight.requires_grad and tuple(m(sample_input).shape) == (3,)',
    )),
    "its parameters": Block("""
for parameter in m.named_parameters():
    print(parameter)

for parameter in m.parameters():
    print(parameter)
""", ("a sample",), prints="""
tensor([-0.7689,  1.0085,  1.7747], grad_fn=<MatmulBackward>)
('weight', Parameter containing:
tensor([[ 0.6101, -0.7031,  1.3140],
        [-0.5459, -0.3645,  0.0464],
        [ 2.9713,  1.0321,  2.4162],
        [ 2.6158, -0.4109,  0.5061]], requires_grad=True))
Parameter containing:
tensor([[-0.6607, -0.3632, -0.7274],
        [-0.8555, -1.9544, -0.3640],
        [-2.1289,  0.0305,  0.0443],
        [-0.6668,  1.7042, -0.0758]], requires_grad=True)
"""),
    "Sequential": Block("""
net = nn.Sequential(
    MyLinear(4, 3),
    nn.ReLU(),
    MyLinear(3, 1)
)

sample_input = torch.randn(4)
print(net(sample_input))

# tensor([-0.6749], grad_fn=<AddBackward0>)
""", ("MyLinear",), prints="tensor([-0.6749], grad_fn=<MatmulBackward>)"),
    "Net2": Block("""
class Net2(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer0 = MyLinear(4, 3)
        self.layer1 = MyLinear(3, 1)

    def forward(self, x):
        x = self.layer0(x)
        x = F.relu(x)
        x = self.layer1(x)
        return x

net2 = Net2()
sample_input = torch.randn(4)
print(net2(sample_input))

# tensor([-0.2827], grad_fn=<SqueezeBackward4>)
""", ("MyLinear",), prints="tensor([-0.2827], grad_fn=<MatmulBackward>)"),
    "children and modules": Block("""
print("Check net.children")
for child in net.children():
    print(child)

print("Check net.modules")
for child in net.modules():
    print(child)
""", ("Sequential",), prints="""
tensor([-0.6749], grad_fn=<MatmulBackward>)
Check net.children
MyLinear()
ReLU()
MyLinear()
Check net.modules
Sequential(
  (0): MyLinear()
  (1): ReLU()
  (2): MyLinear()
)
MyLinear()
ReLU()
MyLinear()
"""),
    "children and modules of Net2": Block("""
print("<--Check net2.children()-->")
for child in net2.children():
    print(child)

print("<--Check net2.modules()-->")
for child in net2.modules():
    print(child)
""", ("Net2",), prints="""
tensor([-0.2827], grad_fn=<MatmulBackward>)
<--Check net2.children()-->
MyLinear()
MyLinear()
<--Check net2.modules()-->
Net2(
  (layer0): MyLinear()
  (layer1): MyLinear()
)
MyLinear()
MyLinear()
"""),
    # the document walks through net's modules here, and prints those of net2: its output is of this code
    "named children and modules": Block("""
print("<--Check net2.named_children()-->")
for child in net2.named_children():
    print(child)

print("<--Check net.named_modules()-->")
for child in net2.named_modules():
    print(child)
""", ("Net2",), prints="""
tensor([-0.2827], grad_fn=<MatmulBackward>)
<--Check net2.named_children()-->
('layer0', MyLinear())
('layer1', MyLinear())
<--Check net.named_modules()-->
('', Net2(
  (layer0): MyLinear()
  (layer1): MyLinear()
))
('layer0', MyLinear())
('layer1', MyLinear())
"""),
    # -- slides: how autograd executes -------------------------------------------------------------------------------
    "gradients of all": Block("""
x = torch.randn(4)
x.requires_grad_(True)
x.retain_grad()
z = net2(x)
z.retain_grad()

print("x:", x)
print("w0:", net2.layer0.weight)
print("w1:", net2.layer1.weight)
print("z:", z)

z.backward()

print("dz:", z.grad)
print("dw1:",
      net2.layer1.weight.grad)
print("dw2:",
      net2.layer0.weight.grad)
print("dx:", x.grad)
""", ("Net2",), prints="""
tensor([-0.2827], grad_fn=<MatmulBackward>)
x: tensor([ 0.9785,  0.4565, -0.4396, -0.1090],
           requires_grad=True)
w0: Parameter containing:
tensor([[-0.4769, -0.9407,  1.1517],
        [-0.4809,  1.2256,  0.9053],
        [ 1.5409, -1.2598, -3.7088],
        [-1.0534, -0.5934,  0.0647]],
       requires_grad=True)
w1: Parameter containing:
tensor([[ 1.7888],
        [ 0.1920],
        [-1.8594]], requires_grad=True)
z: tensor([-5.8328], grad_fn=<MatmulBackward>)
dz: tensor([1.])
dw1: tensor([[0.0000],
             [0.2575],
             [3.1636]])
dw2: tensor([[ 0.0000,  0.1879, -1.8195],
             [ 0.0000,  0.0877, -0.8488],
             [-0.0000, -0.0844,  0.8174],
             [-0.0000, -0.0209,  0.2027]])
dx: tensor([-2.3221, -1.4479,  6.6540, -0.2343])
""", holds=(
        'torch.allclose(x.grad, net2.layer0.weight @ (net2.layer1.weight[:, 0] * ((x @ net2.layer0.weight) > 0)))',
        'torch.allclose(net2.layer1.weight.grad, F.relu(x @ net2.layer0.weight)[:, None])',
        'x.is_leaf and not z.is_leaf',
    )),
    "a frozen layer": Block("""
net2.layer1.requires_grad_(False)

x = torch.randn(4)
x.requires_grad_(True)
x.retain_grad()
z = net2(x)
z.retain_grad()

print("x:", x)
print("w0:", net2.layer0.weight)
print("w1:", net2.layer1.weight)
print("z:", z)

z.backward()

print("dz:", z.grad)
print("dw1:",
      net2.layer1.weight.grad)
print("dw2:",
      net2.layer0.weight.grad)
print("dx:", x.grad)
""", ("Net2",), prints="""
tensor([-0.2827], grad_fn=<MatmulBackward>)
x: tensor([-0.3019,  0.3072, -0.9097, -2.0537],
           requires_grad=True)
w0: Parameter containing:
tensor([[-1.9223, -0.5765, -0.3053],
        [ 1.1695, -0.1050,  1.2679],
        [ 1.0916,  0.5429, -0.6907],
        [-1.3432,  0.0669,  1.4241]],
       requires_grad=True)
w1: Parameter containing:
tensor([[0.5816],
        [0.5796],
        [2.0542]])
z: tensor([1.5735], grad_fn=<MatmulBackward>)
dz: tensor([1.])
dw1: None
dw2: tensor([[-0.1756, -0.0000, -0.0000],
             [ 0.1787,  0.0000,  0.0000],
             [-0.5291, -0.0000, -0.0000],
             [-1.1945, -0.0000, -0.0000]])
dx: tensor([-1.1181,  0.6803,  0.6349, -0.7813])
""", holds=(
        'net2.layer1.weight.grad is None and not net2.layer1.weight.requires_grad',
        'net2.layer0.weight.requires_grad and net2.layer0.weight.grad is not None',
    )),
    # -- slides: grad modes ------------------------------------------------------------------------------------------
    "the test function": Block('''
def test_loop(dataloader, model, loss_fn):
    model.eval()
    size = len(dataloader.dataset)
    num_batches = len(dataloader)
    test_loss, correct = 0, 0

    with torch.no_grad():
        for X, y in dataloader:
            pred = model(X)
            test_loss += loss_fn(pred, y).item()
            correct += (pred.argmax(1) == y).type(torch.float).sum().item()
    test_loss /= num_batches
    correct /= size
    print(f"Test Error: \\n Accuracy: {(100*correct):>0.1f}%, Avg loss: {test_loss:>8f} \\n")
'''),
    "a test": Block("test_loop(dataloader, model, loss_fn)", ("the test function", "images in batches"),
                    prints="Test Error:\n Accuracy: 10.0%, Avg loss: 2.302585"),
    # 4096 and 8192 in the document
    "the deep model": Block("""
dim1 = 16
dim2 = 32

class MyLinear(nn.Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(in_features, out_features))

    def forward(self, input):
        return torch.matmul(input, self.weight)

class Net3(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer0 = MyLinear(dim1, dim2)
        self.layer1 = MyLinear(dim2, dim2)
        self.layer2 = MyLinear(dim2, dim2)
        self.layer3 = MyLinear(dim2, 1)

    def forward(self, x):
        x = self.layer0(x)
        x = F.relu(x)
        x = self.layer1(x)
        x = F.relu(x)
        x = self.layer2(x)
        x = F.relu(x)
        x = self.layer3(x)
        return x

net3 = Net3()
x = torch.randn(256, dim1)
"""),
    "the time of a pass": Block("""
start_time = time.time()
z = net3(x)
end_time = time.time()
print("Forward computation takes:", end_time-start_time)
""", ("the deep model",), prints="Forward computation takes: 0.5174", holds=(
        'z.requires_grad and tuple(z.shape) == (256, 1)',
    )),
    "the time without a graph": Block("""
start_time = time.time()
with torch.no_grad():
    z = net3(x)
end_time = time.time()
print("Forward computation takes: ", end_time-start_time)
""", ("the deep model",), prints="Forward computation takes: 0.4768", holds=(
        'not z.requires_grad and not z.is_inference()',
    )),
    "the time in inference mode": Block("""
start_time = time.time()
with torch.inference_mode():
    z = net3(x)
end_time = time.time()
print("Forward computation takes: ", end_time-start_time)
""", ("the deep model",), prints="Forward computation takes: 0.4341", holds=(
        'not z.requires_grad and z.is_inference()',
    )),
}  # fmt: skip
