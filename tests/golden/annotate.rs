//! A message, byte by byte, with what each byte is.

use anyhow::{Context, Result, bail, ensure};
use minicbor::Decoder;
use minicbor::data::Type;
use satchel_core::wire;

use super::part;

/// Bytes of one line.
const WIDTH: usize = 16;
/// Bytes of a value that are shown; the vectors have all of them.
const SHOWN: usize = 32;
const BUNDLE: u8 = 0x81;

/// Every frame of a message, as lines of hex and words.
pub(crate) fn message(bytes: &[u8]) -> Result<Vec<String>> {
    // What is annotated here must be what the real reader reads.
    wire::decode(bytes).context("not a message")?;
    frames(bytes, "")
}

fn frames(mut bytes: &[u8], indent: &str) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    while let Some((type_byte, rest)) = bytes.split_first() {
        let (length, payload) = leb128(rest)?;
        ensure!(payload.len() >= length, "a frame is cut");
        let header = &bytes[..bytes.len() - payload.len()];
        let (payload, rest) = payload.split_at(length);
        bytes = rest;
        if *type_byte == BUNDLE {
            let inner = zstd::stream::decode_all(payload)?;
            lines.push(line(
                indent,
                header,
                &format!("bundle, {length} bytes that unpack to {}:", inner.len()),
            ));
            lines.extend(shortened(indent, payload, "the zstd frame"));
            lines.extend(frames(&inner, &format!("{indent}  "))?);
            continue;
        }
        let shape = part::of(*type_byte).with_context(|| format!("a frame without a name: {type_byte:#x}"))?;
        lines.push(line(indent, header, &format!("{}, {length} bytes", shape.name)));
        lines.extend(parts(payload, shape, &format!("{indent}  "))?);
    }
    Ok(lines)
}

fn parts(payload: &[u8], shape: &part::Shape, indent: &str) -> Result<Vec<String>> {
    let mut decoder = Decoder::new(payload);
    let count = decoder.array()?.context("an array of unknown length")?;
    let mut lines = vec![line(indent, &payload[..decoder.position()], &format!("{count} parts"))];
    for at in 0..usize::try_from(count)? {
        let called = shape
            .parts
            .get(at)
            .with_context(|| format!("{} has no part {at}", shape.name))?;
        let begin = decoder.position();
        let told = value(&mut decoder)?;
        let bytes = &payload[begin..decoder.position()];
        lines.extend(shortened(indent, bytes, &format!("{at} {called}: {told}")));
    }
    ensure!(decoder.position() == payload.len(), "bytes after the parts");
    Ok(lines)
}

/// Reads one value and says it in words.
fn value(decoder: &mut Decoder<'_>) -> Result<String> {
    Ok(match decoder.datatype()? {
        Type::Null => {
            decoder.null()?;
            "absent".to_owned()
        }
        Type::Bool => decoder.bool()?.to_string(),
        Type::String => format!("{:?}", decoder.str()?),
        Type::Bytes => {
            let bytes = decoder.bytes()?;
            match std::str::from_utf8(bytes) {
                Ok(text) if text.starts_with('{') => format!("{} bytes of JSON", bytes.len()),
                _ => format!("{} bytes", bytes.len()),
            }
        }
        Type::Array => {
            let count = decoder.array()?.context("an array of unknown length")?;
            let items = (0..count).map(|_| value(decoder)).collect::<Result<Vec<_>>>()?;
            let told = items.join(", ");
            if told.len() > 60 {
                format!("{count} of [{}, …]", items[0])
            } else {
                format!("[{told}]")
            }
        }
        Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::I8 | Type::I16 | Type::I32 | Type::I64 => {
            decoder.int()?.to_string()
        }
        other => bail!("{other} has no place in a frame"),
    })
}

fn shortened(indent: &str, bytes: &[u8], told: &str) -> Vec<String> {
    let shown = &bytes[..bytes.len().min(SHOWN)];
    let mut lines: Vec<String> = shown
        .chunks(WIDTH)
        .enumerate()
        .map(|(at, chunk)| line(indent, chunk, if at == 0 { told } else { "" }))
        .collect();
    if shown.len() < bytes.len() {
        lines.push(format!("{indent}… {} bytes more", bytes.len() - shown.len()));
    }
    lines
}

fn line(indent: &str, bytes: &[u8], told: &str) -> String {
    let hex = bytes
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .join(" ");
    let hex = format!("{indent}{hex}");
    if told.is_empty() {
        return hex;
    }
    format!("{hex:<54}  {told}")
}

fn leb128(bytes: &[u8]) -> Result<(usize, &[u8])> {
    let (mut value, mut shift) = (0_usize, 0);
    for (at, byte) in bytes.iter().enumerate() {
        value |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok((value, &bytes[at + 1..]));
        }
        shift += 7;
    }
    bail!("a length without an end")
}
