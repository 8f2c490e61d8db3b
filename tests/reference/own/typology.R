# Distance, medoids, silhouettes, average linkage, agreement and stability of groups. Run: Rscript tests/reference/own/typology.R
# Needs jsonlite, cluster, fpc and mclust (Debian: r-cran-jsonlite r-cran-cluster r-cran-fpc r-cran-mclust).
here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))))
source(file.path(here, "pin.R"))
suppressPackageStartupMessages({library(cluster); library(fpc)})

invent_services <- function(n, m, types, sharp, missing) {
  profiles <- matrix(runif(types * m) < 0.5, types)
  type <- sample(types, n, replace = TRUE)
  has <- xor(profiles[type, ], matrix(runif(n * m) > sharp, n))
  values <- matrix(as.integer(has), n)
  values[matrix(runif(n * m) < missing, n)] <- NA
  values
}
studies <- list(
  three_types = invent_services(30, 21, 3, 0.9, 0), with_gaps = invent_services(24, 18, 2, 0.85, 0.08),
  noise = invent_services(30, 21, 1, 0.5, 0), twelve = invent_services(12, 15, 2, 0.9, 0.05)
)
distance_of <- function(values) {
  frame <- as.data.frame(lapply(as.data.frame(values), factor, levels = 0:1))
  as.matrix(daisy(frame, metric = "gower"))
}
# Distances of answers are often equal, and equal ones are broken otherwise elsewhere: a small fixed amount tells them apart.
apart <- function(d) {
  n <- nrow(d)
  nudge <- outer(seq_len(n), seq_len(n), function(i, j) ((pmin(i, j) * 7919 + pmax(i, j) * 104729) %% 10007) / 1e8)
  diag(nudge) <- 0
  d + nudge
}
groups_of <- function(d, k) {
  p <- pam(as.dist(d), k)
  h <- cutree(hclust(as.dist(d), "average"), k)
  drawn <- lapply(1:6, function(b) sort(unique(sample(nrow(d), replace = TRUE))))
  stability <- lapply(drawn, function(rows) {
    again <- pam(as.dist(d[rows, rows]), k)$clustering
    likeness <- sapply(seq_len(k), function(g) {
      here <- p$clustering[rows] == g
      if (any(here)) max(sapply(seq_len(k), function(o) clujaccard(here, again == o, zerobyzero = NA))) else NA
    })
    list(drawn = rows, found = unname(again), likeness = likeness)
  })
  list(k = k, medoids = p$id.med, labels = unname(p$clustering), cost = p$objective[["swap"]] * nrow(d),
       widths = silhouette(p$clustering, as.dist(d))[, "sil_width"], linkage = unname(h),
       rand = mclust::adjustedRandIndex(p$clustering, h), stability = stability)
}
one <- function(values) {
  d <- distance_of(values)
  list(values = values, distances = unname(d), apart = unname(apart(d)), groups = lapply(2:5, function(k) groups_of(apart(d), k)))
}
# The mean over many resamples, by its own random numbers: ours can only come close.
boot_of <- function(study, k) {
  boot <- clusterboot(as.dist(apart(distance_of(studies[[study]]))), B = 2000, bootmethod = "boot", clustermethod = pamkCBI,
                      krange = k, usepam = TRUE, diss = TRUE, count = FALSE, seed = 20261122)
  list(study = study, k = k, mean = boot$bootmean)
}
pin("typology", list(studies = lapply(studies, one), boot = list(boot_of("with_gaps", 2), boot_of("noise", 3), boot_of("twelve", 2))),
    packages = c("cluster", "fpc", "mclust"))
