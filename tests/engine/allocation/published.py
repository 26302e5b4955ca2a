"""Weights that published libraries give on the ETF prices of the reference data; no prices are kept here.

skfolio 1.12.2 in an environment of its own (scikit-learn 1.9.1, cvxpy with Clarabel 0.11.1), `EmpiricalPrior` with
`EmpiricalMu` and `LedoitWolf()` or `EmpiricalCovariance()`; all weights between 0 and 1 or the cap, budget 1:

- inverse_volatility: `InverseVolatility`.
- min_variance: `MeanRisk(risk_measure=VARIANCE)`, `max_weights` 1 or 0.15.
- mean_variance: `MeanRisk(MAXIMIZE_UTILITY, risk_aversion=2.5, risk_measure=VARIANCE)`; its utility is
  mu'w - 2.5 w'Sw, our risk_aversion 5. Both with `scale_objective=1e4` and gap tolerances of 1e-13: with its
  defaults the weights are exact to some 1e-5 only.
- risk_parity: `RiskBudgeting(risk_measure=VARIANCE)`, equal budgets.
- hierarchical_risk_parity: `HierarchicalRiskParity` with `CovarianceDistance` of the same covariance and
  `HierarchicalSeriation(HierarchicalClustering(linkage_method=SINGLE), optimal_ordering=False)`; its default, Ward
  linkage with optimal leaf order, is another variant. PyPortfolioOpt 1.6.0 `HRPOpt` gives the same to 1e-9 (its check reads
  `scipy.cluster.hierarchy._LINKAGE_METHODS`, gone from scipy 1.18: the name was set by hand).

Weights are in the order of the symbols, rounded to 9 decimals.
"""

ALL = ["AGG", "DIA", "EEM", "EWG", "EWZ", "EZU", "FXI", "GLD", "IJH", "IWB", "IWM", "IWO", "IYR", "LQD", "MDY", "OIH", "SHY", "SMH", "SPY", "TLT", "VTI", "VTV", "XLE", "XLF", "XLK", "XLU", "XLV", "XLY"]
TEN = ["SPY", "IWM", "EEM", "TLT", "LQD", "GLD", "IYR", "XLE", "XLU", "AGG"]

# name of the case -> symbols, covariance, last session, returns
CASES = {
    "all": (ALL, "ledoit_wolf", "2009-03-31", 252),
    "ten": (TEN, "sample", "2017-11-10", 252),
}

# (case, method, largest weight) -> weights
WEIGHTS = {
    ("all", "inverse_volatility", 1.0): [
        0.09008617, 0.031302021, 0.017794107, 0.024632973, 0.016964652, 0.024600495, 0.01669602,
        0.039126004, 0.028819459, 0.031112754, 0.026723941, 0.028119518, 0.01657458, 0.058900484,
        0.026761549, 0.018001422, 0.153133754, 0.025879987, 0.029765667, 0.064752787, 0.030571808,
        0.02891186, 0.020984123, 0.015844502, 0.030304738, 0.034943551, 0.040537159, 0.028153916
    ],
    ("all", "min_variance", 1.0): [
        0.141365152, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.02913677, 0.0, 0.0, 0.007025773, 0.0, 0.0,
        0.056920636, 0.0, 0.0, 0.622343615, 0.0, 0.0, 0.092717182, 0.0, 0.0, 0.0, 0.0, 0.020637368,
        0.0, 0.006188721, 0.023664783
    ],
    ("all", "min_variance", 0.15): [
        0.15, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.15, 0.0, 0.0, 0.0, 0.0, 0.0, 0.15, 0.0, 0.0, 0.15,
        0.0, 0.0, 0.15, 0.0, 0.0, 0.0, 0.0, 0.013518514, 0.039834998, 0.15, 0.046646488
    ],
    ("all", "mean_variance", 1.0): [
        0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.009394906, 0.14669085, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
        0.0, 0.166061253, 0.0, 0.0, 0.677852992, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    ],
    ("all", "mean_variance", 0.15): [
        0.15, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.15, 0.0, 0.0, 0.0, 0.0, 0.0, 0.15, 0.0, 0.0, 0.15,
        0.0, 0.0, 0.15, 0.0, 0.0, 0.0, 0.0, 0.1, 0.0, 0.15, 0.0
    ],
    ("all", "risk_parity", 1.0): [
        0.096236604, 0.012720573, 0.007401504, 0.010035426, 0.007302398, 0.009711653, 0.007617378,
        0.055681743, 0.011642089, 0.012482918, 0.011516298, 0.011820973, 0.007677145, 0.050878704,
        0.0109946, 0.008346081, 0.296093838, 0.011913195, 0.011846691, 0.246797396, 0.012121838,
        0.011839285, 0.009301278, 0.007708462, 0.012920744, 0.015833221, 0.01866729, 0.012890676
    ],
    ("all", "hierarchical_risk_parity", 1.0): [
        0.072437866, 0.002609814, 0.001217465, 0.003322812, 0.001279699, 0.001798728, 0.00107184,
        0.039894549, 0.002684829, 0.00253748, 0.004244123, 0.00469897, 0.001365883, 0.030966144,
        0.002315088, 0.00383008, 0.652180109, 0.007916301, 0.002322507, 0.109269638, 0.00589421,
        0.00222647, 0.003777469, 0.001116285, 0.002729599, 0.013791195, 0.018559849, 0.003940997
    ],
    ("ten", "inverse_volatility", 1.0): [
        0.109754557, 0.061322569, 0.059027525, 0.076267893, 0.173545132, 0.070755258, 0.073937294,
        0.051576415, 0.070693313, 0.253120045
    ],
    ("ten", "min_variance", 1.0): [
        0.157367384, 0.02054253, 0.0, 0.0, 0.0, 0.0, 0.0, 0.017151162, 0.0, 0.804938924
    ],
    ("ten", "min_variance", 0.15): [
        0.15, 0.15, 0.0, 0.15, 0.15, 0.107192104, 0.0, 0.070122479, 0.072685418, 0.15
    ],
    ("ten", "mean_variance", 0.15): [
        0.15, 0.15, 0.15, 0.1, 0.15, 0.0, 0.15, 0.0, 0.15, 0.0
    ],
    ("ten", "risk_parity", 1.0): [
        0.117254783, 0.08685897, 0.051012953, 0.082044625, 0.150183181, 0.0780304, 0.060263024,
        0.07046733, 0.07107763, 0.232807106
    ],
    ("ten", "hierarchical_risk_parity", 1.0): [
        0.071876148, 0.022437804, 0.034461414, 0.049801029, 0.225210373, 0.042861982, 0.034869679,
        0.03814603, 0.07166444, 0.408671101
    ],
}
