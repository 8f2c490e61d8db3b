"""Whether one person's change is more than measurement error, and where a functional score begins (Jacobson-Truax)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.stats.arrays import FloatArray, require_sign

IMPROVED, UNCHANGED, DETERIORATED = "reliably_improved", "no_reliable_change", "reliably_deteriorated"
NOT_CLASSIFIED = "not_classified"


def standard_error_of_measurement(sd: float, reliability: float) -> float:
    """Return `SD sqrt(1 - r_xx)`, in points: the spread of one person's scores round her true score.

    `sd`: of the scores before treatment, in points; `reliability` r_xx: 0 to 1. ValueError outside those ranges.
    Source: Jacobson and Truax 1991, J Consult Clin Psychol 59:12-19.
    """
    if not 0 < sd < np.inf:
        raise ValueError(f"sd must be a number above 0, not {sd!r}.")
    if not 0 <= reliability <= 1:
        raise ValueError(f"reliability must lie between 0 and 1, not {reliability!r}.")
    return float(sd * np.sqrt(1 - reliability))


def reliable_change_index(improvement: ArrayLike, sd: float, reliability: float) -> FloatArray:
    """Return `improvement/S_diff`, `S_diff = SEM sqrt(2)`: improvement in standard errors of a difference.

    `improvement`: points, positive meaning better, any shape; a missing one stays missing. Beyond 1.96 either way,
    change this large would come of measurement error alone in fewer than 5 of 100. ValueError as
    `standard_error_of_measurement`, and for a reliability of 1, which leaves no error to compare with. Source: Jacobson
    and Truax 1991, J Consult Clin Psychol 59:12-19 (with Christensen and Mendoza's correction of 1986). Agrees with R
    clinicalsignificance (method JT) to 1e-12.
    """
    difference_error = np.sqrt(2) * standard_error_of_measurement(sd, reliability)
    if difference_error == 0:
        raise ValueError("A reliability of 1 leaves no measurement error to compare with.")
    return np.asarray(np.asarray(improvement, dtype=np.float64) / difference_error, dtype=np.float64)


def cut_off_a(mean_clinical: float, sd_clinical: float, *, sign: int) -> float:
    """Return the score two SDs beyond the clinical population's mean, in the direction of health: `M_c - sign 2 SD_c`.

    Points; `sign` 1 where lower scores are better, -1 where higher are. Source: Jacobson and Truax 1991. Agrees with R
    clinicalsignificance to 1e-12.
    """
    require_sign(sign)
    return mean_clinical - sign * 2 * sd_clinical


def cut_off_b(mean_functional: float, sd_functional: float, *, sign: int) -> float:
    """Return the score two SDs from the functional population's mean, towards illness: `M_n + sign 2 SD_n`.

    Points; `sign` as `cut_off_a`. The range of a population is measured by its own SD (Jacobson, Follette and
    Revenstorf 1984, Behav Ther 15:336-352; Jacobson and Truax 1991; Evans, Margison and Barkham 1998, Evid Based Ment
    Health 1:70-72), as R clinsig 1.2 has it. R clinicalsignificance puts the clinical SD here; with that SD as
    `sd_functional` the two agree to 1e-12.
    """
    require_sign(sign)
    return mean_functional + sign * 2 * sd_functional


def cut_off_c(mean_clinical: float, sd_clinical: float, mean_functional: float, sd_functional: float) -> float:
    """Return the score as many SDs from one mean as from the other: `(SD_n M_c + SD_c M_n)/(SD_n + SD_c)`.

    Points. ValueError where both SDs are 0. Source: Jacobson and Truax 1991. Agrees with R clinicalsignificance to
    1e-12.
    """
    if not sd_clinical + sd_functional > 0:
        raise ValueError("The standard deviations of the two populations must not both be 0.")
    return (sd_functional * mean_clinical + sd_clinical * mean_functional) / (sd_functional + sd_clinical)


def classify(improvement: ArrayLike, *, threshold: float, is_inclusive: bool = True) -> NDArray[np.str_]:
    """Put each improvement into one class of reliable change.

    `improvement`: points (or reliable change indices), positive meaning better, any shape; `threshold`: in the same
    unit, above 0. A change of exactly the threshold counts, as published point thresholds are meant; with
    `is_inclusive=False` it does not, as with |RCI| > 1.96. Classes: `reliably_improved`, `no_reliable_change`,
    `reliably_deteriorated`, and `not_classified` where the improvement is missing. ValueError for a threshold that is
    not above 0. Source: Jacobson and Truax 1991. Agrees with R clinicalsignificance (method JT) for every patient.
    """
    if not 0 < threshold < np.inf:
        raise ValueError(f"threshold must be a number above 0, not {threshold!r}.")
    change = np.asarray(improvement, dtype=np.float64)
    is_reliable = np.abs(change) >= threshold if is_inclusive else np.abs(change) > threshold
    conditions = [np.isnan(change), is_reliable & (change > 0), is_reliable]
    return np.select(conditions, [NOT_CLASSIFIED, IMPROVED, DETERIORATED], default=UNCHANGED)
