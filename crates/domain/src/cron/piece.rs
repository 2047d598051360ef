//! A piece of a schedule's text that knows where it stands.

/// Part of the text, and how many characters come before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'a> {
    pub text: &'a str,
    before: usize,
}

impl<'a> Piece<'a> {
    pub fn whole(text: &'a str) -> Self {
        Self { text, before: 0 }
    }

    /// Where the piece begins; users count from 1.
    pub fn position(&self) -> usize {
        self.before + 1
    }

    /// What stands before and after the first `separator`.
    pub fn split_once(&self, separator: char) -> Option<(Self, Self)> {
        let at = self.text.find(separator)?;
        Some((self.part(0, at), self.part(at + separator.len_utf8(), self.text.len())))
    }

    pub fn split(&self, separator: char) -> impl Iterator<Item = Self> {
        let mut start = 0;
        self.text.split(separator).map(move |text| {
            let part = self.part(start, start + text.len());
            start += text.len() + separator.len_utf8();
            part
        })
    }

    /// The words between any white space.
    pub fn words(&self) -> Vec<Self> {
        let mut words = Vec::new();
        let mut start = None;
        for (at, c) in self.text.char_indices().chain([(self.text.len(), ' ')]) {
            if !c.is_whitespace() {
                start.get_or_insert(at);
            } else if let Some(start) = start.take() {
                words.push(self.part(start, at));
            }
        }
        words
    }

    /// What follows `part`, which is a piece of this one.
    pub fn after(&self, part: Self) -> Self {
        let characters = part.before + part.text.chars().count() - self.before;
        let start = self.text.char_indices().nth(characters).map_or(self.text.len(), |(at, _)| at);
        self.part(start, self.text.len())
    }

    /// The bytes from `start` to `end`, both of them borders of characters.
    fn part(&self, start: usize, end: usize) -> Self {
        let before = self.before + self.text[..start].chars().count();
        Self { text: &self.text[start..end], before }
    }
}
