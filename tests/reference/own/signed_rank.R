# Change by ranks, and d_av of resamples. Needs coin. Run: Rscript tests/reference/own/signed_rank.R
here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))))
source(file.path(here, "pin.R"))
suppressPackageStartupMessages(library(coin))

walsh <- function(d) {
  sums <- outer(d, d, "+")
  sort(sums[lower.tri(sums, diag = TRUE)]) / 2
}
rank_case <- function(name, pre, post, is_exact) {
  d <- pre - post
  n <- length(d)
  averages <- walsh(d)
  order <- if (is_exact) qsignrank(0.025, n) else round(n * (n + 1) / 4 - qnorm(0.975) * sqrt(n * (n + 1) * (2 * n + 1) / 24))
  pratt <- wilcoxsign_test(pre ~ post, zero.method = "Pratt", distribution = "asymptotic")
  peer <- suppressWarnings(wilcox.test(pre, post, paired = TRUE, exact = is_exact, correct = FALSE, conf.int = TRUE))
  signed <- rank(abs(d)) * sign(d)
  w <- c(sum(signed[signed > 0]), -sum(signed[signed < 0]))
  list(name = name, pre = pre, post = post, is_exact = is_exact, n_zero = sum(d == 0), estimate = median(averages),
       low = if (order > 0) averages[order] else NA, high = if (order > 0) rev(averages)[order] else NA,
       w_plus = w[1], w_minus = w[2], rank_biserial = (w[1] - w[2]) / sum(w),
       p_value = if (is_exact) peer$p.value else as.numeric(pvalue(pratt)),
       wilcox_test = list(estimate = unname(peer$estimate), low = peer$conf.int[1], high = peer$conf.int[2]))
}
whole <- function(n, mean) {
  pre <- round(rnorm(n, 45, 12))
  list(pre = pre, post = round(0.6 * pre + rnorm(n, 18 - mean, 9)))
}
fine <- function(n, mean) {
  pre <- round(rnorm(n, 45, 12), 6)
  list(pre = pre, post = round(0.6 * pre + rnorm(n, 18 - mean, 9), 6))
}
halves <- list(pre = c(12, 9.5, 7, 7, 11, 3, 8, 6.5, 10, 4), post = c(8, 9.5, 5.5, 9, 4, 3, 3.5, 6.5, 6, 2.5))
cases <- list(
  c(list("six without ties"), fine(6, 3), TRUE),
  c(list("twelve without ties"), fine(12, 5), TRUE),
  c(list("twenty-five without ties"), fine(25, 0), TRUE),
  c(list("five without ties: no limits"), fine(5, 2), TRUE),
  c(list("forty without ties"), fine(40, 4), FALSE),
  c(list("nineteen whole scores"), whole(19, 3), FALSE),
  c(list("sixty whole scores"), whole(60, 1), FALSE),
  c(list("ten with zeros"), halves, FALSE),
  c(list("three hundred whole scores"), whole(300, 2), FALSE)
)
d_av <- function(x, y) mean(x - y) / sqrt((var(x) + var(y)) / 2)
scores <- whole(14, 4)
rows <- matrix(sample(14, 14 * 40, replace = TRUE), nrow = 40)
resampled <- apply(rows, 1, function(i) d_av(scores$pre[i], scores$post[i]))
many <- replicate(200000, {
  i <- sample(14, replace = TRUE)
  d_av(scores$pre[i], scores$post[i])
})
ordered <- order(scores$pre, scores$post)
pin("signed_rank", list(
  cases = lapply(cases, function(case) do.call(rank_case, unname(case))),
  d_av = list(pre = scores$pre, post = scores$post, estimate = d_av(scores$pre, scores$post),
              rows_of_sorted = matrix(match(rows, ordered) - 1, nrow = 40),
              limits = unname(quantile(resampled, c(0.025, 0.975), type = 7)),
              limits_of_many = unname(quantile(many, c(0.025, 0.975))), n_many = length(many),
              density_at_limits = sapply(quantile(many, c(0.025, 0.975)), function(q) mean(abs(many - q) < 0.02) / 0.04))
), "coin")
