"""Small scripts of the kind that tutorials and forums have, for PyTorch: what they start from is set, so that all print the same.

`diffcli.torch` runs each with its imports alone changed; what PyTorch printed stands in ``tests/golden/torch_scripts.txt``.
"""

SCRIPTS = {
    "linear regression": """
import torch

x = torch.linspace(-1, 1, 20).unsqueeze(1)
y = 3 * x + 0.5
w = torch.zeros(1, 1, requires_grad=True)
b = torch.zeros(1, requires_grad=True)
for step in range(50):
    loss = ((x @ w + b - y) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        w -= 0.3 * w.grad
        b -= 0.3 * b.grad
        w.grad.zero_()
        b.grad.zero_()
print(w.item(), b.item(), loss.item(), w.is_leaf, w.requires_grad)
""",
    "a perceptron by SGD": """
import torch
from torch import nn

def constant_(module):
    if isinstance(module, nn.Linear):
        with torch.no_grad():
            module.weight.copy_(torch.arange(module.weight.numel(), dtype=module.weight.dtype).reshape(module.weight.shape).sin())
            module.bias.fill_(0.1)

model = nn.Sequential(nn.Linear(2, 5), nn.Tanh(), nn.Linear(5, 1))
model.apply(constant_)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-3, nesterov=True)
x = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
y = torch.tensor([[0.0], [1.0], [1.0], [0.0]])
for epoch in range(60):
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
print(loss.item())
for name, parameter in model.named_parameters():
    print(name, tuple(parameter.shape), parameter.tolist())
""",
    "a classifier by Adam": """
import torch
import torch.nn as nn
import torch.nn.functional as F

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(3, 4)
        self.fc2 = nn.Linear(4, 3)

    def forward(self, x):
        return F.log_softmax(self.fc2(F.relu(self.fc1(x))), dim=1)

net = Net()
for k, p in enumerate(net.parameters()):
    p.data = torch.cos(torch.arange(p.numel(), dtype=p.dtype) + k).view(p.shape)
optimizer = torch.optim.Adam(net.parameters(), lr=0.02, betas=(0.8, 0.99))
data = torch.sin(torch.arange(18.0)).reshape(6, 3)
target = torch.tensor([0, 2, 1, 1, 0, 2])
for _ in range(25):
    optimizer.zero_grad()
    output = net(data)
    loss = F.nll_loss(output, target)
    loss.backward()
    optimizer.step()
print(loss.item(), output.tolist())
print(output.argmax(dim=1).tolist(), (output.argmax(1) == target).float().mean().item())
""",
    "AdamW in groups": """
import torch

a = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
b = torch.nn.Parameter(torch.tensor(3.0))
optimizer = torch.optim.AdamW([{"params": [a], "lr": 0.5}, {"params": b}], lr=0.1, weight_decay=0.01)
for _ in range(3):
    optimizer.zero_grad()
    ((a ** 2).sum() * b).backward()
    optimizer.step()
for group in optimizer.param_groups:
    group["lr"] *= 0.1
((a ** 2).sum() * b).backward()
optimizer.step()
print(a.tolist(), b.item(), [group["lr"] for group in optimizer.param_groups])
""",
    "a function of one's own": """
import torch
from torch.autograd import Function

class MyReLU(Function):
    @staticmethod
    def forward(ctx, input):
        ctx.save_for_backward(input)
        return input.clamp(min=0)

    @staticmethod
    def backward(ctx, grad_output):
        input, = ctx.saved_tensors
        grad_input = grad_output.clone()
        grad_input[input < 0] = 0
        return grad_input

x = torch.tensor([-1.0, 2.0, 3.0], requires_grad=True)
y = MyReLU.apply(x)
(y * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
print(y.tolist(), x.grad.tolist(), y.grad_fn is not None, y.requires_grad)
""",
    "a function with a number, and without a gradient by it": """
import torch

class Scale(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, factor, flip=False):
        ctx.factor = -factor if flip else factor
        return x * ctx.factor

    @staticmethod
    def backward(ctx, grad):
        print(ctx.needs_input_grad)
        return grad * ctx.factor, None, None

x = torch.ones(2, requires_grad=True)
Scale.apply(x, 3.0, True).sum().backward()
print(x.grad)
""",
    "Legendre polynomials": """
import torch

class LegendrePolynomial3(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input):
        ctx.save_for_backward(input)
        return 0.5 * (5 * input ** 3 - 3 * input)

    @staticmethod
    def backward(ctx, grad_output):
        input, = ctx.saved_tensors
        return grad_output * 1.5 * (5 * input ** 2 - 1)

dtype = torch.double
device = torch.device("cpu")
x = torch.linspace(-3.14, 3.14, 200, device=device, dtype=dtype)
y = torch.sin(x)
a = torch.full((), 0.0, device=device, dtype=dtype, requires_grad=True)
b = torch.full((), -1.0, device=device, dtype=dtype, requires_grad=True)
c = torch.full((), 0.0, device=device, dtype=dtype, requires_grad=True)
d = torch.full((), 0.3, device=device, dtype=dtype, requires_grad=True)
learning_rate = 5e-6
for t in range(200):
    P3 = LegendrePolynomial3.apply
    y_pred = a + b * P3(c + d * x)
    loss = (y_pred - y).pow(2).sum()
    loss.backward()
    with torch.no_grad():
        a -= learning_rate * a.grad
        b -= learning_rate * b.grad
        c -= learning_rate * c.grad
        d -= learning_rate * d.grad
        a.grad = None
        b.grad = None
        c.grad = None
        d.grad = None
print(f"Result: y = {a.item():.9f} + {b.item():.9f} * P3({c.item():.9f} + {d.item():.9f} x)", loss.item())
""",
    "hooks of tensors": """
import torch

x = torch.tensor([1.0, 2.0], requires_grad=True)
y = x * 3
seen = []
handle = y.register_hook(lambda grad: seen.append(grad.tolist()))
x.register_hook(lambda grad: grad * 10)
(y ** 2).sum().backward()
handle.remove()
(x * 3).sum().backward()
print(seen, x.grad.tolist())
""",
    "hooks of modules": """
import torch
from torch import nn

layer = nn.Linear(2, 1, bias=False)
nn.init.constant_(layer.weight, 0.5)
seen = []
handle = layer.register_forward_hook(lambda module, given, result: seen.append((given[0].tolist(), result.tolist())))
layer.register_forward_pre_hook(lambda module, given: (given[0] + 1,))
layer(torch.tensor([[1.0, 2.0]]))
handle.remove()
print(layer(torch.tensor([[1.0, 2.0]])).tolist(), seen)
""",
    "gradients that are kept": """
import torch

x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
y = x * 2
y.retain_grad()
z = (y ** 2).mean()
z.backward()
print(x.grad, y.grad, y.is_leaf, x.is_leaf, y.retains_grad)
""",
    "gradients add up": """
import torch

w = torch.tensor(2.0, requires_grad=True)
for k in range(3):
    (w ** 2).backward()
    print(w.grad.item())
w.grad.zero_()
(w ** 3).backward()
print(w.grad.item())
w.grad = None
print(w.grad)
""",
    "higher derivatives": """
import torch

x = torch.tensor(0.7, requires_grad=True)
y = torch.sin(x) * x ** 2
found = [y.item()]
for order in range(4):
    y, = torch.autograd.grad(y, x, create_graph=True)
    found.append(y.item())
print(found)
""",
    "a Hessian, row by row": """
import torch

def rosenbrock(x):
    return ((1 - x[:-1]) ** 2 + 100 * (x[1:] - x[:-1] ** 2) ** 2).sum()

x = torch.tensor([0.5, -1.0, 2.0], requires_grad=True)
gradient = torch.autograd.grad(rosenbrock(x), x, create_graph=True)[0]
hessian = torch.stack([torch.autograd.grad(gradient[k], x, retain_graph=True)[0] for k in range(3)])
print(gradient.tolist(), hessian.tolist())
""",
    "a Hessian times a vector": """
import torch

x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
v = torch.tensor([0.5, -1.0, 2.0])
f = (x.prod() + x.exp().sum()).log()
g, = torch.autograd.grad(f, x, create_graph=True)
hv, = torch.autograd.grad(g, x, grad_outputs=v)
print(hv.tolist())
""",
    "a Jacobian by vectors": """
import torch

x = torch.tensor([1.0, 2.0], requires_grad=True)
y = torch.stack([x[0] * x[1], x[0] ** 2, x[1].sin()])
rows = []
for k in range(3):
    x.grad = None
    y.backward(torch.eye(3)[k], retain_graph=True)
    rows.append(x.grad.tolist())
print(rows)
""",
    "the penalty of a gradient": """
import torch
from torch import nn

net = nn.Sequential(nn.Linear(2, 3), nn.Softplus(), nn.Linear(3, 1))
with torch.no_grad():
    for p in net.parameters():
        p.copy_(torch.linspace(-1, 1, p.numel()).reshape(p.shape))
x = torch.tensor([[0.3, -0.4], [1.0, 2.0]], requires_grad=True)
slopes, = torch.autograd.grad(net(x).sum(), x, create_graph=True)
penalty = ((slopes.norm(dim=1) - 1) ** 2).mean()
penalty.backward()
print(penalty.item(), [None if p.grad is None else p.grad.tolist() for p in net.parameters()])
""",
    "grad modes": """
import torch

x = torch.ones(2, requires_grad=True)
with torch.no_grad():
    y = x * 2
    with torch.enable_grad():
        z = x * 2
print(y.requires_grad, z.requires_grad, y.grad_fn, torch.is_grad_enabled())
with torch.inference_mode():
    a = x * 2
print(a.is_inference(), a.requires_grad)

@torch.no_grad()
def evaluate(x):
    return x * 2

print(evaluate(x).requires_grad)
with torch.set_grad_enabled(False):
    print((x * 2).requires_grad)
try:
    a * x
except RuntimeError as error:
    print("refused")
""",
    "detached": """
import torch

x = torch.tensor([1.0, 2.0], requires_grad=True)
y = x ** 2
z = y.detach()
(y * z).sum().backward()
print(x.grad.tolist(), z.requires_grad, z.tolist())
print(y.detach().numpy().tolist(), float(y[0]), y[1].item())
""",
    "a change in place": """
import torch

x = torch.tensor([1.0, 2.0], requires_grad=True)
y = x.clone()
y.mul_(3)
y[0] = 7.0
y += x
y.sum().backward()
print(x.grad.tolist(), y._version)
a = x.exp()
try:
    a.add_(1)
    a.sum().backward()
except RuntimeError as error:
    print("modified")
try:
    x.add_(1)
except RuntimeError as error:
    print("a leaf")
""",
    "clipped gradients": """
import torch
from torch.nn.utils import clip_grad_norm_

a = torch.nn.Parameter(torch.tensor([3.0, 4.0]))
b = torch.nn.Parameter(torch.tensor([[1.0], [-2.0]]))
((a ** 2).sum() + (b ** 3).sum()).backward()
norm = clip_grad_norm_([a, b], max_norm=1.0)
print(norm.item(), a.grad.tolist(), b.grad.tolist())
print(torch.nn.utils.clip_grad_norm_([a, b], 100.0, norm_type=1).item(), a.grad.tolist())
print(torch.nn.utils.clip_grad_norm_([a, b], 0.1, norm_type=float("inf")).item(), a.grad.tolist())
""",
    "a state that is saved and loaded": """
import copy
import pickle

import torch
from torch import nn

def model():
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))

first, second = model(), model()
for k, p in enumerate(first.parameters()):
    nn.init.constant_(p, 0.1 * (k + 1))
first(torch.tensor([[1.0, 2.0], [3.0, -1.0]]))
state = copy.deepcopy(first.state_dict())
print(list(state))
second.load_state_dict(pickle.loads(pickle.dumps(state)))
second.eval()
print(second(torch.tensor([[0.5, 0.5]])).tolist(), second[1].running_mean.tolist(), second[1].num_batches_tracked.item())
""",
    "an optimiser that goes on": """
from copy import deepcopy

import torch

def steps(w, optimizer, count):
    for _ in range(count):
        optimizer.zero_grad()
        ((w - 1) ** 4).sum().backward()
        optimizer.step()

w = torch.nn.Parameter(torch.tensor([3.0, -2.0]))
optimizer = torch.optim.SGD([w], lr=0.01, momentum=0.5)
steps(w, optimizer, 3)
again = torch.nn.Parameter(w.detach().clone())
other = torch.optim.SGD([again], lr=9.9)
other.load_state_dict(deepcopy(optimizer.state_dict()))
steps(w, optimizer, 3)
steps(again, other, 3)
print(w.tolist(), torch.allclose(w, again))
""",
    "parameters": """
import torch
from torch import nn

class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2, bias=False)])
        self.heads = nn.ModuleDict({"a": nn.Linear(2, 1)})
        self.scales = nn.ParameterList([nn.Parameter(torch.zeros(1))])

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.heads["a"](x) * self.scales[0]

block = Block()
print([(name, tuple(p.shape)) for name, p in block.named_parameters()])
print(sum(p.numel() for p in block.parameters() if p.requires_grad))
block.layers[0].requires_grad_(False)
print(sum(p.numel() for p in block.parameters() if p.requires_grad))
print([name for name, _ in block.named_modules()])
print(block.heads, block.layers)
""",
    "batches of data": """
import torch
from torch.utils.data import DataLoader, Dataset, TensorDataset

class Squares(Dataset):
    def __len__(self):
        return 7

    def __getitem__(self, k):
        return torch.tensor([float(k), k ** 2.0]), k % 2

for x, y in DataLoader(Squares(), batch_size=3):
    print(x.tolist(), y.tolist(), y.dtype == torch.int64)
loader = DataLoader(TensorDataset(torch.arange(10.0).reshape(5, 2), torch.arange(5.0)), batch_size=2, shuffle=True, drop_last=True)
print(len(loader), len(loader.dataset), [tuple(x.shape) for x, y in loader])
whole = DataLoader(TensorDataset(torch.arange(5.0)), batch_size=5, shuffle=True)
print([sorted(x.tolist()) for (x,) in whole])
""",
    "a convolutional net": """
import torch
from torch import nn

net = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.BatchNorm2d(2), nn.ReLU(), nn.Conv2d(2, 3, (2, 3), stride=2), nn.Flatten(), nn.Linear(18, 2))
with torch.no_grad():
    for k, p in enumerate(net.parameters()):
        p.copy_(torch.sin(torch.arange(p.numel(), dtype=p.dtype) + k).reshape(p.shape))
x = torch.cos(torch.arange(72.0)).reshape(2, 1, 6, 6)
loss = nn.CrossEntropyLoss()(net(x), torch.tensor([1, 0]))
loss.backward()
print(net[0], net[3], net[4])
print(loss.item(), net[0].weight.grad.tolist(), net[1].weight.grad.tolist(), net[3].bias.grad.tolist())
net.eval()
print(net(x).tolist(), net[1].running_var.tolist())
""",
    "dropout": """
import torch
from torch import nn

drop = nn.Dropout(p=0.25)
x = torch.ones(1000)
kept = drop(x)
print(sorted(set(round(value, 9) for value in kept.tolist())), 650 < (kept > 0).sum().item() < 850)
drop.eval()
print(torch.equal(drop(x), x))
""",
    "softmax and losses": """
import torch
import torch.nn.functional as F

logits = torch.tensor([[2.0, -1.0, 0.5], [0.0, 1.0, 3.0]], requires_grad=True)
target = torch.tensor([0, 1])
loss = F.cross_entropy(logits, target)
same = -torch.log_softmax(logits, dim=1)[torch.arange(2), target].mean()
print(loss.item(), abs(loss.item() - same.item()) < 1e-9)
loss.backward()
print(logits.grad.tolist(), F.softmax(logits, dim=-1).sum(dim=1).tolist())
print(F.l1_loss(logits, torch.zeros(2, 3), reduction="sum").item(), F.mse_loss(logits, torch.ones(2, 3), reduction="none").tolist())
print(F.binary_cross_entropy_with_logits(logits, torch.ones(2, 3)).item(), F.one_hot(target, num_classes=3).tolist())
""",
    "shapes": """
import torch

x = torch.arange(12.0).reshape(3, 4).requires_grad_()
parts = [x.t(), x.view(2, 6), x.permute(1, 0), x[None], x[:, ::2], x.unsqueeze(-1), x.flatten(), torch.cat([x, x], dim=1),
         torch.stack([x, x]), x.expand(2, 3, 4), x.transpose(0, 1).contiguous().view(12), x[1:, [0, 3]], x[x > 5]]
print([tuple(part.shape) for part in parts], tuple(x.size()), x.size(0), x.dim(), x.numel(), len(x))
sum((part.sin() * (k + 1)).sum() for k, part in enumerate(parts)).backward()
print(x.grad.tolist())
""",
    "matrices": """
import torch

a = torch.tensor([[2.0, 1.0], [0.5, 3.0]], requires_grad=True)
b = torch.tensor([1.0, -1.0], requires_grad=True)
y = torch.linalg.solve(a, b) @ (a.inverse() @ b) + torch.det(a).log() + torch.trace(a @ a) + torch.outer(b, b).sum() + a.norm()
y.backward()
print(y.item(), a.grad.tolist(), b.grad.tolist())
print(torch.bmm(torch.ones(2, 1, 3), torch.ones(2, 3, 2)).tolist(), (a.detach() @ b.detach()).tolist())
""",
    "the graph": """
import torch

x = torch.tensor([1.0, 2.0], requires_grad=True)
y = (x * x).sum()
node = y.grad_fn
print(len(node.next_functions), node.next_functions[0][0] is not None, x.grad_fn)
mul = node.next_functions[0][0]
print([one[0].variable is x for one in mul.next_functions], mul._saved_self is not None, torch.equal(mul._saved_other, x))
y.backward()
try:
    y.backward()
except RuntimeError as error:
    print("a second time")
""",
    "device and kinds": """
import torch

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
x = torch.ones(2, 3, device=device, dtype=torch.float32, requires_grad=True)
model = torch.nn.Linear(3, 2, device="cpu", dtype=torch.float32).to(device)
y = model(x.to(device)).cpu()
print(y.dtype == torch.float32, y.device == device, y.is_cuda, str(device), device.type, x.to(torch.float64).dtype == torch.double)
print(x.to("cpu", torch.float64).sum().item(), x.double().mean().item(), (x > 0).type(torch.float).sum().item(), torch.zeros_like(x).shape == (2, 3))
print(model.double().weight.dtype == torch.float64)
""",
    "gradcheck": """
import torch

x = torch.tensor([0.3, -1.2], dtype=torch.float64, requires_grad=True)
print(torch.autograd.gradcheck(lambda x: (x.sin() * x).sum(), (x,)) and True)
""",
    "choices": """
import torch

x = torch.tensor([-1.0, 0.5, 2.0], requires_grad=True)
y = torch.where(x > 0, x ** 2, -x)
(y + x.clamp(-0.5, 1.0) + torch.maximum(x, torch.zeros(3)) + x.abs()).sum().backward()
print(y.tolist(), x.grad.tolist())
values, indices = torch.tensor([[1.0, 5.0, 2.0], [7.0, 0.0, 3.0]]).max(dim=1)
print(values.tolist(), indices.tolist())
""",
    "a loop that depends on the numbers": """
import torch

def f(a):
    b = a * 2
    while b.norm() < 1000:
        b = b * 2
    if b.sum() > 0:
        c = b
    else:
        c = 100 * b
    return c

a = torch.tensor(0.37, requires_grad=True)
d = f(a)
d.backward()
print(a.grad.item(), (a.grad == d / a).item())
""",
    "characters by a perceptron": """
import torch
import torch.nn.functional as F

X = torch.tensor([[0, 0, 0], [0, 0, 5], [0, 5, 13]])
Y = torch.tensor([5, 13, 2])
C = torch.linspace(-1, 1, 54).reshape(27, 2)
W1 = torch.linspace(1, -1, 60).reshape(6, 10)
b1 = torch.zeros(10)
W2 = torch.sin(torch.arange(270.0)).reshape(10, 27)
b2 = torch.zeros(27)
parameters = [C, W1, b1, W2, b2]
for p in parameters:
    p.requires_grad = True
print(sum(p.nelement() for p in parameters))
for i in range(10):
    emb = C[X]
    h = torch.tanh(emb.view(-1, 6) @ W1 + b1)
    logits = h @ W2 + b2
    loss = F.cross_entropy(logits, Y)
    for p in parameters:
        p.grad = None
    loss.backward()
    for p in parameters:
        p.data += -0.1 * p.grad
print(loss.item(), C.grad[5].tolist())
""",
    "attention": """
import math
import torch
import torch.nn.functional as F

q = torch.sin(torch.arange(24.0)).view(2, 3, 4).requires_grad_()
k = torch.cos(torch.arange(24.0)).view(2, 3, 4)
v = torch.arange(24.0).view(2, 3, 4)
scores = torch.matmul(q, k.transpose(-2, -1)) / math.sqrt(q.size(-1))
mask = torch.tensor([[1, 0, 0], [1, 1, 0], [1, 1, 1]])
scores = torch.where(mask == 0, torch.tensor(float("-inf")), scores)
output = F.softmax(scores, dim=-1) @ v
output.sum().backward()
print(output.tolist(), q.grad.tolist())
""",
    "a recurrent net": """
import torch
from torch import nn

class RNN(nn.Module):
    def __init__(self, input_size, hidden_size, output_size):
        super().__init__()
        self.hidden_size = hidden_size
        self.i2h = nn.Linear(input_size + hidden_size, hidden_size)
        self.h2o = nn.Linear(hidden_size, output_size)
        self.softmax = nn.LogSoftmax(dim=1)

    def forward(self, input, hidden):
        hidden = torch.tanh(self.i2h(torch.cat((input, hidden), 1)))
        return self.softmax(self.h2o(hidden)), hidden

rnn = RNN(3, 4, 2)
for p in rnn.parameters():
    nn.init.constant_(p, 0.1)
hidden = torch.zeros(1, rnn.hidden_size)
line = torch.sin(torch.arange(15.0)).view(5, 1, 3)
for i in range(line.size(0)):
    output, hidden = rnn(line[i], hidden)
loss = nn.NLLLoss()(output, torch.tensor([1]))
loss.backward()
for p in rnn.parameters():
    p.data.add_(p.grad.data, alpha=-0.1)
print(loss.item(), [p.sum().item() for p in rnn.parameters()], hidden.tolist())
""",
    "Newton's method": """
import torch

x = torch.tensor([1.5, -0.5], requires_grad=True)
for _ in range(5):
    f = (x[0] - 1) ** 4 + (x[0] - 2 * x[1]) ** 2
    g, = torch.autograd.grad(f, x, create_graph=True)
    H = torch.stack([torch.autograd.grad(gi, x, retain_graph=True)[0] for gi in g])
    with torch.no_grad():
        x -= torch.linalg.solve(H, g)
print(x.tolist())
""",
    "a differential equation by a net": """
import torch
from torch import nn

net = nn.Sequential(nn.Linear(1, 4), nn.Tanh(), nn.Linear(4, 1))
for p in net.parameters():
    p.data = torch.linspace(-1, 1, p.numel()).view_as(p)
t = torch.linspace(0, 1, 5).view(-1, 1).requires_grad_(True)
u = net(t)
du = torch.autograd.grad(u, t, grad_outputs=torch.ones_like(u), create_graph=True)[0]
d2u = torch.autograd.grad(du, t, torch.ones_like(du), create_graph=True)[0]
loss = (d2u + u).pow(2).mean()
loss.backward()
print(loss.item(), [p.grad.tolist() if p.grad is not None else None for p in net.parameters()])
""",
    "straight through a step": """
import torch

class STE(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return (x > 0).to(x.dtype)

    @staticmethod
    def backward(ctx, grad):
        return grad.clamp(-1, 1)

x = torch.tensor([-1.0, 0.5], requires_grad=True)
STE.apply(x * 3).sum().backward()
print(x.grad.tolist())
(x + (torch.round(x) - x).detach()).sum().backward()
print(x.grad.tolist())
""",
    "batch norm by hand": """
import torch

x = torch.sin(torch.arange(20.0)).reshape(5, 4).requires_grad_()
mean, std = x.mean(0, keepdim=True), x.std(0, keepdim=True)
y = (x - mean) / std
(y ** 3).sum().backward()
print(x.grad.tolist(), x.var(0, keepdim=True, unbiased=True).tolist(), x.var(dim=0, correction=0).tolist())
""",
    "accuracy": """
import torch

logits = torch.tensor([[1.0, 2.0, 0.0], [0.0, 3.0, 1.0], [2.0, 0.0, 1.0]])
labels = torch.tensor([1, 1, 2])
_, predicted = torch.max(logits.data, 1)
print((predicted == labels).sum().item(), (logits.argmax(1) == labels).float().mean().item(), logits.argmax().item())
print(torch.max(logits, 1)[1].tolist(), logits.max(dim=1).values.tolist(), 3.0 in logits, 7 in logits)
""",
    "a convolutional classifier by Adam": """
import torch
import torch.nn as nn
import torch.nn.functional as F

class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.conv1 = nn.Conv2d(1, 4, 3, stride=2)
        self.bn = nn.BatchNorm2d(4)
        self.conv2 = nn.Conv2d(4, 6, 3, padding=1, groups=2)
        self.fc = nn.Linear(6 * 6 * 6, 10)

    def forward(self, x):
        x = F.relu(self.bn(self.conv1(x)))
        x = F.relu(self.conv2(x))
        x = torch.flatten(x, 1)
        return F.log_softmax(self.fc(x), dim=1)

net = Net()
for p in net.parameters():
    p.data = torch.sin(torch.arange(p.numel()).double()).view(p.shape) * 0.3
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
x = torch.cos(torch.arange(4 * 13 * 13.0)).view(4, 1, 13, 13)
for _ in range(3):
    optimizer.zero_grad()
    loss = F.nll_loss(net(x), torch.tensor([3, 1, 4, 1]))
    loss.backward()
    optimizer.step()
print(loss.item(), net.bn.running_mean.tolist())
net.eval()
with torch.no_grad():
    print(net(x).argmax(dim=1, keepdim=True).tolist())
""",
    "what gradients are asked of": """
import torch

x = torch.tensor([1.0, 2.0], requires_grad=True)
z = torch.tensor(1.0, requires_grad=True)
print(torch.autograd.grad((x ** 2).sum(), [x, z], allow_unused=True)[1])
try:
    torch.autograd.grad((x ** 2).sum(), [x, z])
except RuntimeError:
    print("unused")
torch.autograd.backward([x ** 2], [torch.ones(2)])
print(x.grad.tolist())
x.grad.data.zero_()
y = (x ** 3).sum()
y.backward(retain_graph=True)
y.backward()
print(x.grad.tolist(), torch.autograd.grad(x.prod(), x, create_graph=True)[0].requires_grad)
""",
    "a step with a closure": """
import torch

w = torch.nn.Parameter(torch.tensor(3.0))
optimizer = torch.optim.SGD([w], lr=0.1)

def closure():
    optimizer.zero_grad()
    loss = (w - 1) ** 2
    loss.backward()
    return loss

for _ in range(3):
    loss = optimizer.step(closure)
print(w.item(), loss.item())
""",
    "a number goes along its one axis": """
import torch

x = torch.tensor([[0.5, 0.25], [0.125, 0.75]], dtype=torch.float32, requires_grad=True)
n = x.sum()
for found in (n.sum(0), n.mean(-1), n.amax(0), n.argmax(0), n.cumsum(0), n.softmax(-1), n.max(0).values, n.logsumexp(0), n.prod(0, keepdim=True), n.var(0, unbiased=False), n.norm(dim=0)):
    print(found.tolist(), tuple(found.shape), str(found.dtype).rpartition(".")[2])
print((n.sum(0) * n.prod(0)).backward(), x.grad.tolist())
for wrong in (lambda: n.sum(1), lambda: n.softmax(1), lambda: n.amax(-2), lambda: x.max((0, 1)), lambda: x.flatten(1, 0), lambda: x.expand(-1, 2, 2), lambda: x.any(2), lambda: torch.all(x, -3)):
    try:
        wrong()
    except Exception:
        print("refused")
""",
    "truths along axes": """
import torch

x = torch.tensor([[0.5, 0.25], [0.125, 0.0]], requires_grad=True)
for found in (torch.any(x > 0.2, [0, 1]), (x > 0.2).all(1), torch.all(x, dim=(-1, 0), keepdim=True), x.any(0, True), (x > 1).any(()), torch.any(x.sum(), 0), x.all(), torch.tensor(float("nan")).any(), torch.zeros(0, 2).all(), torch.zeros(0, 2).any(1)):
    print(found.tolist(), tuple(found.shape), str(found.dtype).rpartition(".")[2], found.requires_grad)
""",
    "remainders, and quotients rounded down": """
import torch

for kind in (torch.float32, torch.float64):
    x = torch.tensor([0.5, -0.25, 7.75], dtype=kind, requires_grad=True)
    y = torch.tensor([2.0, 0.4, -3.0], dtype=kind, requires_grad=True)
    (x % y + x % 0.3 - (-x) % y).sum().backward()
    print((x % y).tolist(), (x // y).tolist(), (1 // y).tolist(), str((x // 2).dtype).rpartition(".")[2], (2 % y.detach()).tolist(), x.grad.tolist(), y.grad.tolist())
""",
    "of no elements": """
import torch

x = torch.ones(2, 3, requires_grad=True)
for found in (x[:, :0].prod(0), x[:0].prod(0), x[:, :0].prod(1), x[:0].prod()):
    print(found.tolist(), tuple(found.shape), torch.autograd.grad(found.sum(), x)[0].tolist())
""",
    "norms, labels, and arguments by name": """
import torch
import torch.nn.functional as F

x = torch.tensor([[0.5, 0.25], [0.125, 0.75]])
print(torch.linalg.norm(x).item(), torch.linalg.norm(x, "fro").item(), torch.linalg.norm(x, 1, dim=1).tolist(), torch.linalg.norm(x[0], 3).item())
print(torch.linalg.norm(x, dim=(0, 1), keepdim=True).tolist())
print(F.one_hot(torch.tensor([0, 2])).double().tolist(), F.one_hot(torch.tensor([[1], [0]]), 3).double().tolist())
print(F.linear(input=x, weight=x, bias=None).tolist(), F.mse_loss(input=x, target=x * 2).item(), F.dropout(input=x, p=0.0).tolist())
print(F.cross_entropy(input=x, target=torch.tensor([0, 1]), label_smoothing=0.5).item())
for wrong in (lambda: F.one_hot(torch.tensor([0, 2]), 2), lambda: F.cross_entropy(x, torch.tensor([0, 1]), label_smoothing=2.0), lambda: F.hardtanh(x, 1.0, -1.0), lambda: torch.arange(0, 5, 0)):
    try:
        wrong()
    except Exception:
        print("refused")
""",
    "views of what is taken out of the graph": """
import torch

x = torch.tensor([[0.1, 0.2], [0.4, 0.5]], requires_grad=True)
u = x.sin()
row, flat, before = u[0], u.view(-1), u * 2.0
u.detach_()
u.mul_(3.0)
print(u.requires_grad, before.requires_grad, row.tolist(), flat.tolist())
(row.sum() + before.sum()).backward(retain_graph=True)
print(x.grad.tolist())
u.mul_(x)
print(u.requires_grad, row.requires_grad, flat.requires_grad)
(row.sum() + flat.sum() + before.sum()).backward()
print(x.grad.tolist())
""",
}
