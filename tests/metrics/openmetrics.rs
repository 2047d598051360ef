//! Reads OpenMetrics text as strictly as its specification (1.0) is.

use std::collections::{BTreeMap, BTreeSet};

/// A text that was read.
pub struct Scrape {
    /// Types of the families, by name.
    pub types: BTreeMap<String, String>,
    pub samples: Vec<Sample>,
}

pub struct Sample {
    pub name: String,
    pub labels: BTreeMap<String, String>,
    pub value: f64,
}

impl Scrape {
    /// Panics with the line that breaks a rule.
    pub fn read(text: &str) -> Self {
        let body = text.strip_suffix("# EOF\n").expect("the text ends with # EOF");
        let mut scrape = Self { types: BTreeMap::new(), samples: Vec::new() };
        let mut seen = BTreeSet::new();
        let (mut family, mut helped) = (String::new(), String::new());
        for line in body.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').expect(line);
                assert!(help.len() > 3, "no help: {line}");
                helped = name.to_owned();
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').expect(line);
                assert_eq!(name, helped, "help comes first");
                assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                assert!(scrape.types.insert(name.to_owned(), kind.to_owned()).is_none(), "twice: {line}");
                family = name.to_owned();
            } else {
                let sample = Sample::read(line);
                assert!(belongs(&sample.name, &family, &scrape.types[&family]), "not of {family}: {line}");
                assert!(seen.insert((sample.name.clone(), sample.labels.clone())), "twice: {line}");
                scrape.samples.push(sample);
            }
        }
        scrape.check_histograms();
        scrape
    }

    /// The one sample with this name and these labels.
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let wanted: BTreeMap<_, _> =
            labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.samples.iter().find(|sample| sample.name == name && sample.labels == wanted).map(|one| one.value)
    }

    /// All samples with this name and, among others, this label, added up.
    pub fn sum(&self, name: &str, (label, value): (&str, &str)) -> f64 {
        let with = |sample: &&Sample| sample.labels.get(label).is_some_and(|found| found == value);
        self.samples.iter().filter(|sample| sample.name == name).filter(with).map(|sample| sample.value).sum()
    }

    /// How many samples have this label.
    pub fn with(&self, label: &str, value: &str) -> usize {
        self.samples
            .iter()
            .filter(|sample| sample.labels.get(label).is_some_and(|found| found == value))
            .count()
    }

    /// Buckets grow, and the last holds everything.
    fn check_histograms(&self) {
        for total in self.samples.iter().filter(|sample| sample.name.ends_with("_seconds_count")) {
            let name = total.name.replace("_count", "_bucket");
            let is_of = |bucket: &&Sample| {
                let mut labels = bucket.labels.clone();
                labels.remove("le");
                bucket.name == name && labels == total.labels
            };
            let counts: Vec<f64> = self.samples.iter().filter(is_of).map(|bucket| bucket.value).collect();
            assert!(counts.len() > 2 && counts.is_sorted(), "{name}: {counts:?}");
            assert_eq!(counts.last(), Some(&total.value), "{name}");
        }
    }
}

impl Sample {
    fn read(line: &str) -> Self {
        let (left, value) = line.rsplit_once(' ').expect(line);
        let value = value.parse().unwrap_or_else(|_| panic!("no number: {line}"));
        let (name, labels) = match left.split_once('{') {
            Some((name, labels)) => (name, labels.strip_suffix('}').expect(line)),
            None => (left, ""),
        };
        assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{line}");
        // No value of ours holds a quote, a comma or a backslash.
        let pairs = labels.split(',').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').expect(line);
            let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).expect(line);
            (name.to_owned(), value.to_owned())
        });
        Self { name: name.to_owned(), labels: pairs.collect(), value }
    }
}

fn belongs(sample: &str, family: &str, kind: &str) -> bool {
    let suffixes: &[&str] = match kind {
        "counter" => &["_total"],
        "histogram" => &["_bucket", "_sum", "_count"],
        _ => &[""],
    };
    sample.strip_prefix(family).is_some_and(|suffix| suffixes.contains(&suffix))
}
