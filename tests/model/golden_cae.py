"""Golden vectors for model/cae.c, from the formulas of model/cae.h in numpy and double precision.

    python3 tests/model/golden_cae.py > tests/model/golden_cae.h
"""
import numpy as np

D, H, T, ROWS, LAM = 4, 6, 32, 20, 0.3
rng = np.random.default_rng(20)
W = rng.uniform(-1, 1, (H, D)).astype(np.float32).astype(float)
b = rng.uniform(-0.5, 0.5, H).astype(np.float32).astype(float)
c = rng.uniform(-0.5, 0.5, D).astype(np.float32).astype(float)
z = rng.uniform(-2, 2, (T, D)).astype(np.float32).astype(float)


def forward(W, b, c):
    s = 1 / (1 + np.exp(-(z @ W.T + b)))
    g = s * (1 - s)
    return s, z - (s @ W + c), (g**2) @ (W**2).sum(1)


def loss(theta):
    W, b, c = theta[:H * D].reshape(H, D), theta[H * D:H * D + H], theta[H * D + H:]
    _, r, sens = forward(W, b, c)
    return (r[:ROWS]**2).sum(1).mean() / D, LAM / D * sens[:ROWS].mean()


def numeric_gradient(theta, step=1e-5):
    """By differences, so that it shares nothing with the C gradient but the loss."""
    grad = np.empty_like(theta)
    for i in range(len(theta)):
        up, down = theta.copy(), theta.copy()
        up[i] += step
        down[i] -= step
        grad[i] = (sum(loss(up)) - sum(loss(down))) / (2 * step)
    return grad


def emit(name, values):
    body = ", ".join("%.9gF" % v if "." in "%.9g" % v or "e" in "%.9g" % v else "%.9g.0F" % v
                     for v in np.ravel(values))
    print(f"static const float {name}[] = {{{body}}};")


theta = np.concatenate([W.ravel(), b, c])
s, r, sens = forward(W, b, c)
print("/* Written by golden_cae.py: do not edit. */\n/* clang-format off */")
print(f"enum {{ GOLDEN_D = {D}, GOLDEN_H = {H}, GOLDEN_ROWS = {ROWS} }};")
print(f"static const float golden_lambda = {LAM}F;")
for name, values in [("golden_theta", theta), ("golden_z", z), ("golden_s", s), ("golden_r", r),
                     ("golden_sensitivity", sens), ("golden_loss", loss(theta)),
                     ("golden_gradient", numeric_gradient(theta))]:
    emit(name, values)
