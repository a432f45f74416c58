//! Wordings: log texts that differ in values alone are one.
//!
//! Words with a digit are values. Of the rest, two texts are one wording if most of the shorter one stands in the longer
//! one in the same order; a word counts the less the more texts of the service have it, so what a layout puts into
//! every line does not make lines alike. This is Drain's similarity (He et al., ICWS 2017) without positions, learned from
//! both windows at once and in sorted order, so that it depends on nothing but the texts.

use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Words of a text that are read.
const WORDS: usize = 30;

/// Share of the weight of the shorter text's words from which on two texts are alike.
const ALIKE: f64 = 0.7;

/// Different texts of a service that are compared whole; of more, only the first words.
const COMPARED: usize = 2_000;

/// The first words that are read where there are too many texts.
const FIRST: usize = 6;

/// Service and severity class.
type Voice = (u32, u8);

/// The words of a text, numbered.
type Words = Vec<u32>;

/// The wordings of all texts that were read.
#[derive(Debug, Default)]
pub(super) struct Wordings<'a> {
    vocabulary: HashMap<&'a str, u32>,
    texts: BTreeMap<Voice, BTreeSet<Words>>,
    wordings: HashMap<(Voice, Words), u32>,
    shortened: BTreeSet<u32>,
}

// === impl Wordings ===

impl<'a> Wordings<'a> {
    /// Takes a text into account; call it for all texts before [`Self::learn`].
    pub(super) fn read(&mut self, voice: Voice, text: &'a str) {
        let words = words(text).map(|word| {
            let next = self.vocabulary.len() as u32;
            *self.vocabulary.entry(word).or_insert(next)
        });
        let words: Words = words.collect();
        self.texts.entry(voice).or_default().insert(words);
    }

    /// Finds which texts are alike.
    pub(super) fn learn(&mut self) {
        self.renumber();
        let mut of_service: BTreeMap<u32, Vec<(Voice, BTreeSet<Words>)>> = BTreeMap::new();
        for (voice, texts) in std::mem::take(&mut self.texts) {
            of_service.entry(voice.0).or_default().push((voice, texts));
        }
        for (service, voices) in of_service {
            let many = voices.iter().map(|(_, texts)| texts.len()).sum::<usize>() > COMPARED;
            if many {
                self.shortened.insert(service);
            }
            let voices: Vec<(Voice, BTreeSet<Words>)> = voices
                .into_iter()
                .map(|(voice, texts)| (voice, texts.into_iter().map(|text| shorten(text, many)).collect()))
                .collect();
            let weights = weights(&voices);
            for (voice, texts) in voices {
                self.group(voice, texts, &weights);
            }
        }
    }

    /// The wording of a text that was read; `None` of another.
    pub(super) fn of(&self, voice: Voice, text: &str) -> Option<u32> {
        let words: Option<Words> = words(text).map(|word| self.vocabulary.get(word).copied()).collect();
        self.wordings.get(&(voice, shorten(words?, self.shortened.contains(&voice.0)))).copied()
    }

    /// Numbers words by their order instead of by when they were met, so that the order of texts does not matter.
    fn renumber(&mut self) {
        let mut sorted: Vec<(&str, u32)> = self.vocabulary.iter().map(|(word, number)| (*word, *number)).collect();
        sorted.sort_unstable();
        let mut renumbered = vec![0; sorted.len()];
        for (place, (word, number)) in sorted.into_iter().enumerate() {
            renumbered[number as usize] = place as u32;
            if let Some(number) = self.vocabulary.get_mut(word) {
                *number = place as u32;
            }
        }
        for texts in self.texts.values_mut() {
            let anew = |words: Words| words.into_iter().map(|word| renumbered[word as usize]).collect();
            *texts = std::mem::take(texts).into_iter().map(anew).collect();
        }
    }

    /// Gives every text of a voice the first wording it is like, short texts first.
    fn group(&mut self, voice: Voice, texts: BTreeSet<Words>, weights: &HashMap<u32, f64>) {
        let mut texts: Vec<Words> = texts.into_iter().collect();
        texts.sort_by(|left, right| left.len().cmp(&right.len()).then_with(|| left.cmp(right)));
        let mut leaders: Vec<(Words, u32)> = Vec::new();
        for text in texts {
            let like = leaders.iter().find(|(leader, _)| alike(leader, &text, weights));
            let wording = like.map_or(leaders.len() as u32, |(_, wording)| *wording);
            if wording as usize == leaders.len() {
                leaders.push((text.clone(), wording));
            }
            self.wordings.insert((voice, text), wording);
        }
    }
}

/// The words of the first line that are no values.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let first = text.lines().next().unwrap_or_default();
    let runs = first.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    runs.filter(|run| !run.is_empty() && !run.contains(|letter: char| letter.is_numeric())).take(WORDS)
}

/// The first words, where there are many texts.
fn shorten(mut words: Words, many: bool) -> Words {
    if many {
        words.truncate(FIRST);
    }
    words
}

/// What every word of a service weighs: `-ln` of the share of texts that have it, at most 1.
fn weights(voices: &[(Voice, BTreeSet<Words>)]) -> HashMap<u32, f64> {
    let mut texts_with: HashMap<u32, usize> = HashMap::new();
    let mut all = 0_usize;
    for text in voices.iter().flat_map(|(_, texts)| texts) {
        all += 1;
        let mut distinct = text.clone();
        distinct.sort_unstable();
        distinct.dedup();
        for word in distinct {
            *texts_with.entry(word).or_default() += 1;
        }
    }
    texts_with.into_iter().map(|(word, count)| (word, (-(count as f64 / (all + 1) as f64).ln()).min(1.0))).collect()
}

/// Whether the heaviest common subsequence of two texts has most of the weight of the lighter one.
fn alike(left: &[u32], right: &[u32], weights: &HashMap<u32, f64>) -> bool {
    if left == right {
        return true;
    }
    let weight = |word: &u32| weights.get(word).copied().unwrap_or(1.0);
    let lighter = left.iter().map(weight).sum::<f64>().min(right.iter().map(weight).sum());
    let mut row = vec![0.0_f64; left.len() + 1];
    for word in right {
        let mut diagonal = 0.0;
        for (place, other) in left.iter().enumerate() {
            let above = row[place + 1];
            let with = if word == other { diagonal + weight(word) } else { 0.0 };
            row[place + 1] = above.max(row[place]).max(with);
            diagonal = above;
        }
    }
    lighter > 0.0 && row[left.len()] >= ALIKE * lighter
}

#[cfg(test)]
mod tests;
