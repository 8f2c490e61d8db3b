# Two cohorts of different people. Needs effectsize. Run: Rscript tests/reference/own/unpaired.R
here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))))
source(file.path(here, "pin.R"))
suppressPackageStartupMessages(library(effectsize))

cohorts <- function(name, before, after, is_exact) {
  d <- sort(as.vector(outer(after, before, "-")))
  m <- length(before)
  n <- length(after)
  order <- if (is_exact) qwilcox(0.025, m, n) else round(m * n / 2 - qnorm(0.975) * sqrt(m * n * (m + n + 1) / 12))
  peer <- suppressWarnings(wilcox.test(after, before, exact = is_exact, correct = FALSE, conf.int = TRUE))
  welch <- t.test(after, before)
  list(name = name, before = before, after = after, is_exact = is_exact,
       mean_before = mean(before), mean_after = mean(after), sd_before = sd(before), sd_after = sd(after),
       difference = mean(after) - mean(before), low = welch$conf.int[1], high = welch$conf.int[2],
       shift = median(d), shift_low = if (order > 0) d[order] else NA, shift_high = if (order > 0) rev(d)[order] else NA,
       u = unname(peer$statistic), p_value = peer$p.value,
       rank_biserial = effectsize::rank_biserial(after, before, ci = NULL)$r_rank_biserial,
       wilcox_test = list(shift = unname(peer$estimate), shift_low = peer$conf.int[1], shift_high = peer$conf.int[2]))
}
likert <- function(n, mean) pmin(5, pmax(1, round(rnorm(n, mean, 0.9))))
means <- function(n, mean) round(pmin(5, pmax(1, rnorm(n, mean, 0.7))) * 3) / 3
fine <- function(n, mean) round(rnorm(n, mean, 0.8), 6)
pin("unpaired", list(cases = list(
  cohorts("twelve and nine without ties", fine(12, 3), fine(9, 3.6), TRUE),
  cohorts("twenty-five and eight without ties", fine(25, 3), fine(8, 2.9), TRUE),
  cohorts("four and three: no limits", fine(4, 3), fine(3, 3.5), TRUE),
  cohorts("forty and thirty without ties", fine(40, 3), fine(30, 3.4), FALSE),
  cohorts("twenty and fifteen single answers", likert(20, 3), likert(15, 3.8), FALSE),
  cohorts("ninety and sixty means of three answers", means(90, 3.1), means(60, 3.7), FALSE),
  cohorts("two hundred and one hundred and fifty single answers", likert(200, 3), likert(150, 3.1), FALSE)
)), "effectsize")
