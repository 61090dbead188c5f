"""Grad modes: what is recorded, how modes nest and end, and what inference mode takes away."""

from __future__ import annotations

import asyncio
import threading

from semantics.record import attempt, each, facts, outcome, script


def mode(t):
    return [t.is_grad_enabled(), t.is_inference_mode_enabled()]


@script("under no_grad results need no gradient, whatever their operands do; leaves keep their flags")
def no_grad(t):
    w = t.tensor([1.0, 2.0], requires_grad=True)
    with t.no_grad():
        y, copy, apart, made = w * w, w.clone(), w.detach(), t.tensor(1.0, requires_grad=True)
        inside = w.requires_grad
        view = w[0:1]
    z = (y * w).sum()
    z.backward()
    return {
        "y": facts(y),
        "clone": facts(copy),
        "detach": facts(apart),
        "made": facts(made),
        "w inside": inside,
        "view": facts(view),
        "used later": facts(z),
        "w.grad": w.grad,
    }


@script("requires_grad_ may be called under no_grad")
def flags_under_no_grad(t):
    x = t.tensor(2.0)
    with t.no_grad():
        x.requires_grad_()
        y = x * 2.0
    return {"x": facts(x), "y": facts(y), "after": facts(x * 2.0)}


@script("modes nest, and each gives back what it found")
def nested(t):
    seen = {"start": mode(t)}
    with t.no_grad():
        seen["no_grad"] = mode(t)
        with t.enable_grad():
            seen["enable in no_grad"] = mode(t)
            with t.no_grad():
                seen["no_grad again"] = mode(t)
            seen["back"] = mode(t)
        with t.inference_mode():
            seen["inference in no_grad"] = mode(t)
        seen["still no_grad"] = mode(t)
    with t.inference_mode():
        seen["inference"] = mode(t)
        with t.inference_mode(False):
            seen["inference off"] = mode(t)
        with t.no_grad():
            seen["no_grad in inference"] = mode(t)
        seen["still inference"] = mode(t)
    return {**seen, "end": mode(t)}


@script("enable_grad inside of inference mode says it records, and what it makes is inference's still")
def enable_grad_in_inference(t):
    w = t.tensor(2.0, requires_grad=True)
    with t.inference_mode():
        with t.enable_grad():
            seen = mode(t)
            y = w * 2.0
        after = mode(t)
    return {"mode": seen, "after": after, "y": facts(y), "inference": y.is_inference()}


@script("set_grad_enabled as a function, as a context, and as a decorator")
def set_grad_enabled(t):
    seen = []
    t.set_grad_enabled(False)
    seen.append(t.is_grad_enabled())
    t.set_grad_enabled(True)
    seen.append(t.is_grad_enabled())
    with t.set_grad_enabled(False):
        seen.append(t.is_grad_enabled())
        with t.set_grad_enabled(True):
            seen.append(t.is_grad_enabled())
        seen.append(t.is_grad_enabled())
    seen.append(t.is_grad_enabled())

    @t.set_grad_enabled(False)
    def inside():
        return t.is_grad_enabled()

    seen += [t.is_grad_enabled(), inside(), t.is_grad_enabled()]
    return {"seen": seen}


@script("modes as decorators, with and without parentheses, on recursive functions and on generators")
def decorators(t):
    @t.no_grad()
    def without(x):
        return x * 2.0

    @t.no_grad
    def bare(x):
        return x * 2.0

    @t.enable_grad()
    def with_grad(x):
        return x * 2.0

    @t.inference_mode()
    def inference(x):
        return x * 2.0

    @t.no_grad()
    def deeper(count):
        return [t.is_grad_enabled(), *(deeper(count - 1) if count else [])]

    @t.no_grad()
    def steps():
        for number in range(2):
            yield number, t.is_grad_enabled()

    x = t.tensor(1.0, requires_grad=True)
    with t.no_grad():
        enabled = with_grad(x)
    between = [(*step, t.is_grad_enabled()) for step in steps()]
    made = inference(x)
    return {
        "no_grad": facts(without(x)),
        "bare": facts(bare(x)),
        "enable": facts(enabled),
        "inference": [facts(made), made.is_inference()],
        "deeper": deeper(2),
        "generator": between,
        "name": without.__name__,
        "after": mode(t),
    }


@script("an error ends a mode as anything else does")
def errors_end_modes(t):
    def failing(context):
        with context:
            raise KeyError("inside")

    def decorated(context):
        @context
        def inside():
            raise KeyError("inside")

        inside()

    ways = {
        "no_grad": t.no_grad,
        "enable_grad": t.enable_grad,
        "inference_mode": t.inference_mode,
        "set": lambda: t.set_grad_enabled(False),
    }

    def of(way):
        return [outcome(failing, way()), mode(t), outcome(decorated, way()), mode(t)]

    return each(ways, of)


@script("a thread starts in the default mode, and changes that of no other")
def threads(t):
    seen = {}

    def work():
        seen["thread starts"] = mode(t)
        t.set_grad_enabled(False)
        seen["thread"] = mode(t)

    with t.inference_mode():
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        seen["inside"] = mode(t)
    return {**seen, "after": mode(t)}


@script("a graph made in one thread is gone through in another")
def backward_in_a_thread(t):
    x = t.tensor(3.0, requires_grad=True)
    y = x * x
    thread = threading.Thread(target=y.backward)
    thread.start()
    thread.join()
    return {"grad": x.grad}


@script("asynchronous tasks that take turns: whose mode is it?")
def tasks(t):
    seen = {}

    async def without():
        with t.no_grad():
            await asyncio.sleep(0)
            seen["in no_grad"] = t.is_grad_enabled()
            await asyncio.sleep(0)

    async def other():
        seen["beside it"] = t.is_grad_enabled()
        await asyncio.sleep(0)
        seen["and then"] = t.is_grad_enabled()
        await asyncio.sleep(0)

    async def both():
        await asyncio.gather(without(), other())

    asyncio.run(both())
    return {**seen, "after": t.is_grad_enabled()}


@script("backward under no_grad is a backward; what it leaves is recorded nowhere")
def backward_under_no_grad(t):
    x = t.tensor(3.0, requires_grad=True)
    y = x * x
    with t.no_grad():
        y.backward()
        inside = outcome((x * x).backward)
    z = x * x
    with t.no_grad():
        (g,) = t.grad(z, x)
    return {"grad": x.grad, "made inside": inside, "grad function": g}


@script("what is made in inference mode is a leaf without a gradient, a version or a way into a graph")
def inference_tensors(t):
    w = t.tensor(3.0, requires_grad=True)
    with t.inference_mode():
        y, made = w * 2.0, t.tensor([1.0, 2.0])
        wanting = t.tensor(1.0, requires_grad=True)
        of_wanting = wanting * 2.0
    return {
        "y": [facts(y), y.is_inference()], "made": [facts(made), made.is_inference()], "wanting": [facts(wanting), wanting.is_inference()], "of wanting": facts(of_wanting), "w": w.is_inference(), "version": attempt(lambda: y._version),
        "requires_grad_": outcome(made.requires_grad_), "off": outcome(made.requires_grad_, False), "backward": outcome(y.backward), "values": made * 2.0,
    }  # fmt: skip


@script("outside, an inference tensor may be read, and even added, but not saved for a backward")
def inference_tensors_used(t):
    with t.inference_mode():
        c = t.tensor([2.0, 3.0])
    ways = {
        "w + c": lambda w: w + c, "w - c": lambda w: w - c, "w * c": lambda w: w * c, "c * w": lambda w: c * w, "w / c": lambda w: w / c, "c / w": lambda w: c / w, "w ** c": lambda w: w**c, "w @ c": lambda w: w @ c, "stack": lambda w: t.stack([w, c]), "maximum": lambda w: t.maximum(w, c), "where": lambda w: t.where(w > 1.5, w, c), "(w + c) * w": lambda w: (w + c) * w,
    }  # fmt: skip

    def of(way):
        w = t.tensor([1.0, 2.0], requires_grad=True)
        y = attempt(way, w)
        if isinstance(y, str):
            return y
        y.sum().backward()
        return {"grad": w.grad, "inference": y.is_inference()}

    return {**each(ways, of), "c * c": [facts(c * c), (c * c).is_inference()], "c.sum()": (c.sum()).is_inference()}


@script("outside, an inference tensor is not changed in place; inside it is")
def inference_tensors_changed(t):
    w = t.tensor([5.0], requires_grad=True)
    with t.inference_mode():
        c = t.tensor([1.0, 2.0])
        c.add_(1.0)
        c[0] = 7.0
    record = {
        "add_": outcome(c.add_, 1.0),
        "setitem": outcome(c.__setitem__, 0, 1.0),
        "+= w": outcome(c.__iadd__, w),
        "zero_": outcome(c.zero_),
    }
    with t.no_grad():
        record["under no_grad"] = outcome(c.add_, 1.0)
    with t.inference_mode():
        c.mul_(10.0)
    return {**record, "c": c}


@script("a clone gets an inference tensor out; a view and a detached one do not")
def inference_escapes(t):
    w = t.tensor([1.0, 2.0], requires_grad=True)
    with t.inference_mode():
        c = t.tensor([2.0, 3.0])
    copy, view, apart, itself = c.clone(), c[0:1], c.detach(), c.to(t.float64)
    (w * copy).sum().backward()
    copy.requires_grad_()
    copy.grad = None
    return {
        "clone": copy.is_inference(),
        "view": view.is_inference(),
        "detach": apart.is_inference(),
        "itself": itself.is_inference(),
        "grad": w.grad,
        "version": copy._version,
        "flag": facts(copy),
        "view saved": outcome(lambda: w * view),
        "apart changed": outcome(apart.add_, 1.0),
        "list": t.tensor(c.tolist()).is_inference(),
    }


@script("a tensor from outside keeps its versions in inference mode: the backward notices")
def outside_changed_in_inference(t):
    x, w = t.tensor([1.0, 2.0]), t.tensor([3.0, 4.0], requires_grad=True)
    y = (x * w).sum()
    with t.inference_mode():
        x.add_(1.0)
        version = x._version
        w.mul_(2.0)
    return {"version": version, "backward": outcome(y.backward), "x": [x.is_inference(), x], "w": [facts(w), w.detach()]}


@script("a view of a tensor from outside, taken in inference mode, is a tensor like the whole")
def outside_viewed_in_inference(t):
    x = t.tensor([1.0, 2.0])
    with t.inference_mode():
        view, result = x[0:1], x * 1.0
    return {
        "view": view.is_inference(),
        "result": result.is_inference(),
        "leaf": facts(view),
        "changed": outcome(view.mul_, 2.0),
        "x": x,
    }


@script("inference_mode(False) is the default mode inside of an inference mode")
def inference_off(t):
    w = t.tensor(3.0, requires_grad=True)
    with t.inference_mode():
        c = t.tensor(2.0)
        with t.inference_mode(False):
            y, made = w * w, t.tensor(1.0)
            saved = outcome(lambda: w * c)
    y.backward()
    return {"y": [facts(y), y.is_inference()], "made": made.is_inference(), "saved": saved, "grad": w.grad}


@script("a backward inside of inference mode")
def backward_in_inference(t):
    x = t.tensor([1.0, 2.0], requires_grad=True)
    y = (x + 1.0).sum()
    with t.inference_mode():
        found = outcome(y.backward)
    return {"backward": found, "grad": x.grad}


@script("the three modes around one forward: the slides' comparison")
def three_modes(t):
    x, w = t.tensor([[1.0, 2.0]]), t.tensor([[1.0], [2.0]], requires_grad=True)

    def forward():
        return t.relu(x @ w) @ t.ones(1, 1)

    default = forward()
    with t.no_grad():
        without = forward()
    with t.inference_mode():
        inference = forward()
    return {
        name: {**facts(made), "value": made.detach(), "in a graph": outcome(lambda made=made: (made * w).sum().backward())}
        for name, made in {"default": default, "no-grad": without, "inference": inference}.items()
    }


@script("an update under no_grad: the parameter stays a leaf, its gradient stays, its version grows")
def update(t):
    w = t.tensor([1.0, 2.0], requires_grad=True)
    versions = []
    for _ in range(3):
        w.grad = None
        (w * w).sum().backward()
        with t.no_grad():
            w -= 0.25 * w.grad
        versions.append(w._version)
    return {"w": w.detach(), **facts(w), "grad": w.grad, "versions": versions}


@script("an update that makes a new tensor: under no_grad it requires nothing, outside it is no leaf")
def update_gone_wrong(t):
    w = t.tensor(1.0, requires_grad=True)
    (w * w).backward()
    with t.no_grad():
        made = w - 0.1 * w.grad
    other = w - 0.1 * w.grad
    return {"under no_grad": facts(made), "outside": facts(other), "w": facts(w)}


@script("a part is frozen: no gradient arrives there, and the rest learns")
def frozen(t):
    w, v = t.tensor(2.0, requires_grad=True), t.tensor(3.0, requires_grad=True)
    v.requires_grad_(False)
    y = t.tanh(w * 0.5) * v
    y.backward()
    v.requires_grad_(True)
    (w * v).backward()
    return {"w": w.grad, "v": v.grad}
