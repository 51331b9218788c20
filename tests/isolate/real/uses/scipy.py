import numpy as np
from scipy import fft, integrate, interpolate, linalg, optimize, signal, sparse, spatial, special, stats


def use(turn):
    matrix = np.random.default_rng(turn).normal(size=(12, 12))
    values = linalg.svdvals(matrix)
    least = optimize.minimize(lambda x: ((x - turn) ** 2).sum(), np.zeros(3), method="BFGS")
    assert np.allclose(least.x, turn, atol=1e-3)
    area, _ = integrate.quad(lambda x: x**2, 0, 3)
    curve = integrate.solve_ivp(lambda t, y: -y, (0, 1), [1.0])
    net = sparse.csr_matrix((np.ones(3), ([0, 1, 2], [1, 2, 0])))
    near = spatial.KDTree(matrix[:, :3]).query(matrix[0, :3], k=3)[1]
    hull = spatial.ConvexHull(matrix[:, :2]).vertices
    return (
        values.round(6).tolist(),
        round(area, 9),
        curve.y[0, -1].round(4),
        sparse.csgraph.connected_components(net)[0],
        near.tolist(),
        sorted(hull.tolist()),
        special.gamma(turn % 20 + 1),
        round(stats.norm.cdf(0.5), 9),
        signal.butter(2, 0.3)[0].round(9).tolist(),
        abs(fft.fft([1, 2, 3])).round(6).tolist(),
        float(interpolate.CubicSpline([0, 1, 2], [0, 1, 4])(1.5)),
        optimize.brentq(lambda x: x**3 - 2, 0, 2),
    )
