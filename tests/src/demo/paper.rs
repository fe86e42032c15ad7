//! What is printed, and what was found not to agree.

/// The printed account of the day.
#[derive(Debug, Default)]
pub(super) struct Paper {
    sections: u32,
    disagreements: Vec<String>,
}

impl Paper {
    /// Begins a section.
    pub(super) fn headline(&mut self, title: &str) {
        self.sections += 1;
        println!("\n{}. {title}", self.sections);
        println!("{}", "─".repeat(72));
    }

    /// One line.
    #[expect(clippy::unused_self, reason = "whoever prints holds the paper")]
    pub(super) fn line(&mut self, text: impl AsRef<str>) {
        println!("  {}", text.as_ref());
    }

    /// One line under another one.
    pub(super) fn under(&mut self, text: impl AsRef<str>) {
        self.line(format!("    {}", text.as_ref()));
    }

    /// A statement that two sources were asked about: a tick where they agree, else both.
    pub(super) fn check(&mut self, agrees: bool, text: impl AsRef<str>) {
        let text = text.as_ref();
        if agrees {
            self.line(format!("✓ {text}"));
        } else {
            self.disagree(text);
        }
    }

    /// Two sources that say different things.
    pub(super) fn disagree(&mut self, text: impl AsRef<str>) {
        let text = text.as_ref();
        self.line(format!("✗ {text}"));
        self.disagreements.push(text.to_owned());
    }

    /// Sums up; whether everything agreed.
    pub(super) fn verdict(&mut self) -> bool {
        let count = self.disagreements.len();
        println!();
        if count == 0 {
            println!("Everybody sees the same.");
        } else {
            println!("{count} disagreements:");
            for one in &self.disagreements {
                println!("  ✗ {one}");
            }
        }
        count == 0
    }
}
