//! One file: what was written to it, and what of that is sure to be there after a power cut.

/// How much a crash takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// The process dies: the system still has all that it wrote.
    Process,
    /// The power is cut: of what was not synced, anything may be there, in part or not at all.
    Power,
}

/// Writes reach the medium in pieces of so many bytes, each wholly or not at all.
const SECTOR: usize = 512;

/// What was not synced yet.
#[derive(Debug, Clone)]
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Resize(usize),
}

#[derive(Debug, Clone, Default)]
pub(crate) struct File {
    seen: Vec<u8>,
    synced: Vec<u8>,
    changes: Vec<Change>,
    /// Whether the file itself is sure to be there.
    pub(crate) is_durable: bool,
}

/// How a power cut treats the writes that were not synced.
#[derive(Debug, Clone, Copy)]
enum Style {
    /// None of them is there.
    Nothing,
    /// All of them are.
    Everything,
    /// The first so many are, as a disk that keeps the order has it.
    First(usize),
    /// Each is there or not.
    Some,
    /// Each sector of each is there or not.
    Torn,
}

impl File {
    pub(crate) fn len(&self) -> usize {
        self.seen.len()
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.seen
    }

    pub(crate) fn write(&mut self, at: usize, bytes: &[u8]) {
        put(&mut self.seen, at, bytes);
        self.changes.push(Change::Write {
            at,
            bytes: bytes.to_vec(),
        });
    }

    pub(crate) fn resize(&mut self, len: usize) {
        self.seen.resize(len, 0);
        self.changes.push(Change::Resize(len));
    }

    pub(crate) fn sync(&mut self) {
        for change in std::mem::take(&mut self.changes) {
            carry_out(&mut self.synced, &change);
        }
        self.is_durable = true;
    }

    /// What is there after the power was cut, and how many writes are not, or not whole. `None` where not even the file
    /// is there.
    pub(crate) fn after_power_cut(&self, random: &mut dyn FnMut() -> u64) -> (Option<Self>, u64) {
        if self.changes.is_empty() && self.is_durable {
            return (Some(self.clone()), 0);
        }
        let style = match random() % 6 {
            0 | 1 => Style::Nothing,
            2 => Style::Everything,
            3 => Style::First(usize::try_from(random() % (self.changes.len() as u64 + 1)).unwrap_or(0)),
            4 => Style::Some,
            _ => Style::Torn,
        };
        if !self.is_durable && (matches!(style, Style::Nothing) || random().is_multiple_of(2)) {
            return (None, self.changes.len() as u64);
        }
        let (left, lost) = self.left(style, random);
        let file = Self {
            seen: left.clone(),
            synced: left,
            changes: Vec::new(),
            is_durable: true,
        };
        (Some(file), lost)
    }

    fn left(&self, style: Style, random: &mut dyn FnMut() -> u64) -> (Vec<u8>, u64) {
        let mut left = self.synced.clone();
        let mut lost = 0;
        for (number, change) in self.changes.iter().enumerate() {
            let kept = match style {
                Style::Nothing => false,
                Style::Everything => true,
                Style::First(count) => number < count,
                Style::Some | Style::Torn => random().is_multiple_of(2),
            };
            match (style, change) {
                (Style::Torn, Change::Write { at, bytes }) => {
                    lost += u64::from(!tear(&mut left, *at, bytes, random));
                }
                _ if kept => carry_out(&mut left, change),
                _ => lost += 1,
            }
        }
        (left, lost)
    }
}

fn carry_out(on: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Write { at, bytes } => put(on, *at, bytes),
        Change::Resize(len) => on.resize(*len, 0),
    }
}

/// Writes some sectors of a write. Returns whether it was all of them.
fn tear(on: &mut Vec<u8>, at: usize, bytes: &[u8], random: &mut dyn FnMut() -> u64) -> bool {
    let mut whole = true;
    let mut from = 0;
    while from < bytes.len() {
        let to = bytes.len().min((at + from) / SECTOR * SECTOR + SECTOR - at);
        if random().is_multiple_of(2) {
            put(on, at + from, &bytes[from..to]);
        } else {
            whole = false;
        }
        from = to;
    }
    whole
}

fn put(on: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    let end = at + bytes.len();
    if on.len() < end {
        on.resize(end, 0);
    }
    on[at..end].copy_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dice(mut state: u64) -> impl FnMut() -> u64 {
        move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state >> 33
        }
    }

    #[test]
    fn what_was_synced_is_there_and_what_was_not_may_be_anything_of_it() {
        let mut file = File::default();
        file.write(0, &[1; 2048]);
        file.sync();
        file.write(0, &[2; 2048]);
        let (mut old, mut new, mut torn) = (0, 0, 0);
        let mut random = dice(7);
        for _ in 0..200 {
            let (left, _) = file.after_power_cut(&mut random);
            let left = left.unwrap();
            assert_eq!(left.len(), 2048);
            for sector in left.bytes().chunks(SECTOR) {
                assert!(sector.iter().all(|byte| *byte == sector[0]), "a sector is whole");
            }
            match left.bytes() {
                bytes if bytes == [1; 2048] => old += 1,
                bytes if bytes == [2; 2048] => new += 1,
                _ => torn += 1,
            }
        }
        assert!(old > 20 && new > 20 && torn > 20, "{old} {new} {torn}");
    }

    #[test]
    fn a_file_that_was_never_synced_may_be_gone() {
        let mut file = File::default();
        file.write(0, b"new");
        let mut random = dice(3);
        let gone = (0..100)
            .filter(|_| file.after_power_cut(&mut random).0.is_none())
            .count();
        assert!(gone > 10 && gone < 100, "{gone}");
        file.sync();
        assert!(file.after_power_cut(&mut random).0.is_some());
    }
}
