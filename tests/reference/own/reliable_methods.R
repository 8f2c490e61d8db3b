# Reliable change by six methods and cut-offs, from their formulas. Run: Rscript tests/reference/own/reliable_methods.R
here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))))
source(file.path(here, "pin.R"))

invent <- function(n, sign) {
  pre <- pmin(80, pmax(0, round(rnorm(n, if (sign == 1) 48 else 30, 12))))
  post <- pmin(80, pmax(0, round(0.7 * pre + rnorm(n, 12 - 8 * sign, 10))))
  list(pre = pre, post = post)
}
case_of <- function(sign, r, q, functional) {
  scores <- invent(24, sign)
  x <- scores$pre
  y <- scores$post
  better <- -sign
  sem <- sd(x) * sqrt(1 - r)
  regressed <- fitted(lm(I(mean(x) + r * (x - mean(x))) ~ x))  # a straight line in x: the expected true first score
  r1 <- 1 - sem^2 / var(x)
  r2 <- 1 - sem^2 / var(y)
  rdd <- (var(x) * r1 + var(y) * r2 - 2 * cov(x, y)) / var(y - x)
  index <- list(
    JT = (y - x) / sqrt(2 * sem^2),
    GLN = (y - regressed) / sqrt(var(x) * (1 - r^2)),
    HLL = ((y - mean(y)) - r * (x - mean(x))) / sqrt(var(x) * (1 - r^2)),
    EN = (y - regressed) / sem,
    NK = (y - regressed) / sqrt(r^2 * var(x) * (1 - r) + var(x) * (1 - q)),
    HA = ((y - x) * rdd + mean(y - x) * (1 - rdd)) / (sqrt(rdd) * sqrt(2) * sem)
  )
  clinical <- c(mean(x), sd(x))
  cut_offs <- function(sc, sf) {
    list(a = clinical[1] + better * 2 * sc, b = functional[1] - better * 2 * sf,
         c = weighted.mean(c(clinical[1], functional[1]), c(sf, sc)))
  }
  list(sign = sign, reliability = r, reliability_post = q, pre = x, post = y, clinical = clinical, functional = functional,
       error = sem, index = lapply(index, function(i) unname(better * i)), critical_two_sided = qnorm(0.975),
       critical_one_sided = qnorm(0.95), cut_offs = cut_offs(clinical[2], functional[2]),
       true_cut_offs = cut_offs(sqrt(clinical[2]^2 - sem^2), sqrt(functional[2]^2 - sem^2)))
}
pin("reliable_methods", list(cases = list(case_of(1, 0.82, 0.79, c(14, 9)), case_of(-1, 0.88, 0.9, c(52, 8)))))
