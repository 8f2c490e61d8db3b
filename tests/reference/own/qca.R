# Qualitative Comparative Analysis by R QCA, from data invented here. Run: Rscript tests/reference/own/qca.R
# Needs R >= 4.2 with QCA 3.25.1 and jsonlite.
here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))))
source(file.path(here, "pin.R"))
suppressPackageStartupMessages(library(QCA))

plain <- function(x) unname(as.list(as.character(x)))
columns <- function(d) lapply(as.list(d), function(x) as.list(unname(x)))

# ---- calibration ---------------------------------------------------------------------------------------------------
raw <- round(rnorm(40, 50, 25), 1)
direct <- list()
for (anchors in list(c(20, 50, 80), c(80, 50, 20), c(40, 45, 90), c(95, 30, 10))) {
  for (idm in c(0.95, 0.9, 0.99)) {
    direct[[length(direct) + 1]] <- list(anchors = anchors, idm = idm,
      value = calibrate(raw, type = "fuzzy", method = "direct", thresholds = anchors, idm = idm, logistic = TRUE))
  }
}
crisp <- lapply(list(50, c(30, 60), c(20, 45.5, 70)), function(cuts) {
  list(thresholds = as.list(cuts), value = calibrate(raw, type = "crisp", thresholds = cuts))
})

# ---- tables and solutions ------------------------------------------------------------------------------------------
members <- function(n) round(pmin(pmax(runif(n) + 0.001, 0), 1), 3)
fuzzy <- function(n, k) {
  d <- as.data.frame(setNames(lapply(seq_len(k), function(i) members(n)), LETTERS[seq_len(k)]))
  d$Y <- round(pmin(pmax(pmax(pmin(d$A, 1 - d$B), d[[k]] * 0.9) + rnorm(n, 0, 0.12), 0), 1), 3)
  d
}
values <- function(n, levels) {
  d <- as.data.frame(setNames(lapply(levels, function(l) sample(0:(l - 1), n, replace = TRUE)), LETTERS[seq_along(levels)]))
  d$Y <- as.numeric((d$A > 0 & d[[2]] == 1) | runif(n) < 0.25)
  d
}
studies <- list(
  three = list(data = fuzzy(18, 3)), four = list(data = fuzzy(28, 4)), five = list(data = fuzzy(45, 5)),
  crisp_four = list(data = values(26, c(2, 2, 2, 2))),
  three_values = list(data = values(30, c(3, 2, 2))), many_values = list(data = values(40, c(3, 4, 2)))
)
cuts <- list(
  list(n = 1, incl = 0.8, pri = 0, lower = NULL), list(n = 2, incl = 0.8, pri = 0.65, lower = NULL),
  list(n = 1, incl = 0.75, pri = 0.5, lower = NULL), list(n = 1, incl = 0.9, pri = 0, lower = 0.6)
)
attempt <- function(expression) tryCatch(suppressWarnings(expression), error = function(e) NULL)
solutions <- function(m) if (is.null(m)) NULL else list(
  models = lapply(m$solution, plain), essential = plain(m$essential), terms = plain(rownames(m$PIchart)))
between <- function(m) if (is.null(m)) NULL else lapply(unname(m$i.sol), function(s) list(
  conservative = plain(s$c.sol), parsimonious = plain(s$p.sol), models = lapply(s$solution, plain),
  easy = plain(rownames(s$EC)), difficult = plain(rownames(s$DC))))
solved <- list()
for (name in names(studies)) {
  d <- studies[[name]]$data
  conditions <- setdiff(names(d), "Y")
  has_values <- any(d[conditions] > 1)
  for (negated in c(FALSE, TRUE)) for (cut in cuts) {
    tt <- attempt(truthTable(d, outcome = if (negated) "~Y" else "Y", conditions = conditions, n.cut = cut$n,
                             incl.cut = c(cut$incl, cut$lower), pri.cut = cut$pri, complete = TRUE, sort.by = "incl, n"))
    if (is.null(tt)) next
    given <- sample(c("-", "0", "1"), length(conditions), replace = TRUE)
    found <- list(
      conservative = solutions(attempt(minimize(tt))),
      conservative_all = solutions(attempt(minimize(tt, all.sol = TRUE))),
      parsimonious = solutions(attempt(minimize(tt, include = "?"))),
      parsimonious_all = solutions(attempt(minimize(tt, include = "?", all.sol = TRUE))),
      parsimonious_dominant = solutions(attempt(minimize(tt, include = "?", row.dom = TRUE))),
      intermediate = if (all(given == "-")) NULL else between(attempt(minimize(tt, include = "?", dir.exp = given)))
    )
    solved[[length(solved) + 1]] <- list(
      study = name, negated = negated, cut = cut, expectations = as.list(given),
      rows = columns(tt$tt[c("OUT", "n", "incl", "PRI")]), order = as.list(tt$rowsorder), found = found)
  }
}

# ---- searches and fits of whole expressions ------------------------------------------------------------------------
searches <- list()
for (name in c("three", "four", "crisp_four", "three_values")) for (relation in c("necessity", "sufficiency")) {
  s <- attempt(superSubset(studies[[name]]$data, outcome = "Y", relation = relation, incl.cut = 0.8, cov.cut = 0.3))
  if (is.null(s)) next
  searches[[length(searches) + 1]] <- list(study = name, relation = relation, sets = plain(rownames(s$incl.cov)),
                                           value = unname(as.matrix(s$incl.cov)))
}
expressions <- list(c("three", "A*~B + C"), c("four", "A + ~B*C + D"), c("five", "A*~B*C + E + B*D"))
fits <- lapply(expressions, function(e) {
  d <- studies[[e[1]]]$data
  list(study = e[1], expression = e[2],
       sufficient = unname(as.matrix(pof(paste(e[2], "-> Y"), data = d)$incl.cov)),
       necessary = unname(as.matrix(pof(paste(e[2], "<- Y"), data = d)$incl.cov)))
})
pin("qca", list(
  raw = raw, direct = direct, crisp = crisp, studies = lapply(studies, function(s) columns(s$data)),
  solved = solved, searches = searches, fits = fits
), packages = c("QCA", "admisc"))
