//! Topics as a tree, laid out in lines: a topic may have thousands of levels, which no recursion would survive.

/// A level of one or more topics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TreeLine<'a> {
    /// How many levels are above it.
    pub depth: usize,
    /// The level's own text, which may be empty.
    pub level: &'a str,
    /// The topic, or the beginning of topics, that it represents.
    pub path: &'a str,
    /// Messages to exactly this topic.
    pub messages: u64,
    /// Messages to this topic and to those below it.
    pub total: u64,
    /// How many topics it represents, including itself if it is one.
    pub topics: usize,
    /// Topics below it that have no lines, being too deep.
    pub folded: usize,
}

/// The lines of topics with their messages, each level before those below it.
pub(super) fn lines<'a>(topics: impl Iterator<Item = (&'a str, u64)>, depth: usize) -> Vec<TreeLine<'a>> {
    let mut topics: Vec<(&str, u64)> = topics.collect();
    // Levels in order, and not bytes: `a-b` would come between `a` and `a/b`.
    topics.sort_by(|(a, _), (b, _)| a.split('/').cmp(b.split('/')));
    let mut lines: Vec<TreeLine<'_>> = Vec::new();
    // The lines of the levels of the topic before, outermost first.
    let mut open: Vec<usize> = Vec::new();
    for (topic, messages) in topics {
        let mut end = 0;
        let mut levels = 0;
        for (index, level) in topic.split('/').enumerate() {
            levels = index + 1;
            if levels > depth.max(1) {
                break;
            }
            end += level.len() + usize::from(index > 0);
            let path = &topic[..end];
            if open.get(index).is_none_or(|line| lines[*line].path != path) {
                open.truncate(index);
                open.push(lines.len());
                lines.push(TreeLine { depth: index, level, path, messages: 0, total: 0, topics: 0, folded: 0 });
            }
        }
        open.truncate(levels);
        for line in &open {
            lines[*line].total += messages;
            lines[*line].topics += 1;
        }
        if let Some(last) = open.last().map(|last| &mut lines[*last]) {
            if last.path == topic {
                last.messages = messages;
            } else {
                last.folded += 1;
            }
        }
    }
    lines
}
