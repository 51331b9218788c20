//! The frames on the pipe.

use std::collections::HashMap;
use std::io::BufRead;

use super::Message;

/// The longest frame: `PIPE_BUF` on Linux.
const FRAME: usize = 4096;
/// The most that one worker may report. The largest packages need a tenth of it.
const MOST: usize = 256 << 20;

/// Puts frames together.
pub(crate) struct Decoder {
    token: String,
    parts: HashMap<Vec<u8>, Vec<u8>>,
    total: usize,
}

impl Decoder {
    pub(crate) fn new(token: &str) -> Self {
        Self { token: format!("{token} "), parts: HashMap::new(), total: 0 }
    }

    /// Takes a frame; the message that it completes, or why it cannot be read.
    pub(crate) fn take(&mut self, frame: &[u8]) -> Result<Option<Message>, String> {
        const FOREIGN: &str = "something else than the probe wrote to the pipe for its reports";
        let rest = frame.strip_prefix(self.token.as_bytes()).ok_or(FOREIGN)?;
        let mut fields = rest.splitn(3, |byte| *byte == b' ');
        let (Some(number), Some(mark), Some(text)) = (fields.next(), fields.next(), fields.next()) else {
            return Err(FOREIGN.to_owned());
        };
        self.total += text.len();
        if self.total > MOST {
            self.parts.clear();
            return Err(format!("the worker reported more than {} MB", MOST >> 20));
        }
        let part = self.parts.entry(number.to_owned()).or_default();
        part.extend_from_slice(text);
        match mark {
            b"+" => Ok(None),
            b"." => {
                let whole = self.parts.remove(number).unwrap_or_default();
                let message = serde_json::from_slice(&whole);
                message.map(Some).map_err(|error| format!("a report of the worker cannot be read: {error}"))
            }
            _ => Err(FOREIGN.to_owned()),
        }
    }
}

/// Reads the next line without its end, and no more of it than a frame can have; nothing at the end of the stream.
pub(crate) fn next_frame(stream: &mut impl BufRead, line: &mut Vec<u8>) -> Option<()> {
    line.clear();
    let mut any = false;
    loop {
        let Ok(buffer) = stream.fill_buf() else { return None };
        if buffer.is_empty() {
            return any.then_some(());
        }
        any = true;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let part = &buffer[..end.unwrap_or(buffer.len())];
        line.extend_from_slice(&part[..part.len().min(FRAME - line.len().min(FRAME))]);
        let used = end.map_or(buffer.len(), |end| end + 1);
        stream.consume(used);
        if end.is_some() {
            return Some(());
        }
    }
}
