//! A file without what it tells beside its picture: where and when it was taken, with what, by whom, and what lies behind
//! its end. How it is held and what its colours are stays; nothing is decoded.
//!
//! What is kept is listed and everything else goes. A file that was made bare stays as it is when it is made so again.

use image::metadata::Orientation;

use super::{Format, Refusal, kind};

/// The same picture; `Broken` where the file ends within a part of it.
pub fn bare(bytes: &[u8]) -> Result<Vec<u8>, Refusal> {
    let bare = match kind(bytes)? {
        Format::Jpeg => jpeg(bytes),
        Format::Png => png(bytes),
        Format::Webp => webp(bytes),
        Format::Gif => gif(bytes),
    };
    bare.ok_or(Refusal::Broken)
}

/// EXIF of one entry: how the picture is to be turned. `None` if it is not.
fn turned(exif: &[u8]) -> Option<Vec<u8>> {
    let exif = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
    let orientation = Orientation::from_exif_chunk(exif)?;
    if orientation == Orientation::NoTransforms {
        return None;
    }
    let mut turned = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    turned.extend([orientation.to_exif(), 0, 0, 0, 0, 0, 0]);
    Some(turned)
}

/// A segment of a JPEG before its payload is looked at.
struct Segment<'a> {
    marker: u8,
    payload: &'a [u8],
}

fn is_frame(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc)
}

/// The next segment, and what follows it. One without a payload has an empty one.
fn segment(rest: &[u8]) -> Option<(Segment<'_>, &[u8])> {
    let rest = &rest[rest.iter().position(|byte| *byte == 0xff)?..];
    let at = rest.iter().position(|byte| *byte != 0xff)?;
    let (marker, rest) = (rest[at], &rest[at + 1..]);
    if matches!(marker, 0x00 | 0x01 | 0xd0..=0xd9) {
        let payload = &rest[..0];
        return Some((Segment { marker, payload }, rest));
    }
    let length = usize::from(u16::from_be_bytes([*rest.first()?, *rest.get(1)?]));
    let payload = rest.get(2..length)?;
    Some((Segment { marker, payload }, &rest[length..]))
}

fn push_segment(bare: &mut Vec<u8>, marker: u8, payload: &[u8]) -> Option<()> {
    let length = u16::try_from(payload.len() + 2).ok()?;
    bare.extend([0xff, marker]);
    bare.extend(length.to_be_bytes());
    bare.extend(payload);
    Some(())
}

fn jpeg(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut bare = bytes.get(..2)?.to_vec();
    let mut rest = &bytes[2..];
    let mut frames = 0;
    let mut is_turned = false;
    loop {
        let (Segment { marker, payload }, after) = segment(rest)?;
        rest = after;
        frames += usize::from(is_frame(marker));
        match marker {
            0xd9 => {
                bare.extend([0xff, 0xd9]);
                return Some(bare);
            }
            // Its own small picture is left out.
            0xe0 if payload.starts_with(b"JFIF\0") => {
                let mut head = payload.get(..12)?.to_vec();
                head.extend([0, 0]);
                push_segment(&mut bare, marker, &head)?;
            }
            0xe1 if payload.starts_with(b"Exif\0\0") && !is_turned => {
                if let Some(turned) = turned(payload) {
                    is_turned = true;
                    push_segment(&mut bare, marker, &[b"Exif\0\0", &turned[..]].concat())?;
                }
            }
            0xe0 if payload.starts_with(b"AVI1") => push_segment(&mut bare, marker, payload)?,
            0xe2 if payload.starts_with(b"ICC_PROFILE\0") => {
                push_segment(&mut bare, marker, payload)?;
            }
            0xee if payload.starts_with(b"Adobe") => push_segment(&mut bare, marker, payload)?,
            0xda => {
                push_segment(&mut bare, marker, payload)?;
                let (data, after) = rest.split_at(scan_end(rest)?);
                bare.extend(data);
                rest = after;
            }
            0xc0..=0xcf | 0xdb..=0xdf => push_segment(&mut bare, marker, payload)?,
            _ => {}
        }
        if frames > 1 {
            return None;
        }
    }
}

/// Where the data of a scan end: at the first marker that cannot be in them.
fn scan_end(data: &[u8]) -> Option<usize> {
    data.windows(2)
        .position(|two| two[0] == 0xff && !matches!(two[1], 0x00 | 0xff | 0xd0..=0xd7))
}

/// Bytes that the coefficients of a JPEG take while it is decoded, in quarters for each pixel: none, unless the picture comes
/// in several scans.
pub fn coefficients(bytes: &[u8]) -> Option<u64> {
    let mut rest = bytes.get(2..)?;
    let (mut is_progressive, mut components, mut quarters) = (false, 0, 0);
    loop {
        let (Segment { marker, payload }, after) = segment(rest)?;
        rest = after;
        if is_frame(marker) {
            is_progressive = marker == 0xc2;
            components = *payload.get(5)?;
            let sampled: Vec<(u64, u64)> = payload
                .get(6..6 + 3 * usize::from(components))?
                .chunks_exact(3)
                .map(|component| ((component[1] >> 4).into(), (component[1] & 15).into()))
                .collect();
            let widest = sampled.iter().map(|(across, _)| *across).max()?;
            let highest = sampled.iter().map(|(_, down)| *down).max()?;
            let all: u64 = sampled.iter().map(|(across, down)| across * down).sum();
            quarters = (4 * 2 * all).div_ceil((widest * highest).max(1));
        }
        if marker == 0xda {
            let is_whole = payload.first() == Some(&components);
            return Some(if is_progressive || !is_whole {
                quarters
            } else {
                0
            });
        }
    }
}

/// What draws a PNG, and its colours.
const PNG_KEPT: [&[u8; 4]; 19] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB",
    b"cICP", b"mDCV", b"cLLI", b"bKGD", b"pHYs", b"sPLT", b"acTL", b"fcTL", b"fdAT",
];

fn png(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut bare = bytes.get(..8)?.to_vec();
    let mut rest = &bytes[8..];
    while !rest.is_empty() {
        let length = u32::from_be_bytes(*rest.first_chunk()?);
        let length = usize::try_from(length).ok()?;
        let whole = rest.get(..length.checked_add(12)?)?;
        rest = &rest[whole.len()..];
        let (name, data) = (&whole[4..8], &whole[8..8 + length]);
        if PNG_KEPT.iter().any(|kept| *kept == name) {
            bare.extend(whole);
        } else if name == b"eXIf"
            && let Some(turned) = turned(data)
        {
            let mut sum = flate2::Crc::new();
            sum.update(name);
            sum.update(&turned);
            bare.extend(u32::try_from(turned.len()).ok()?.to_be_bytes());
            bare.extend(name);
            bare.extend(turned);
            bare.extend(sum.sum().to_be_bytes());
        }
        if name == b"IEND" {
            break;
        }
    }
    Some(bare)
}

fn webp(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut bare = bytes.get(..12)?.to_vec();
    let is_turned = push_webp_chunks(&mut bare, &bytes[12..])?;
    if bare.get(12..16)? == b"VP8X" {
        let flags = bare.get_mut(20)?;
        *flags &= !0b1100;
        *flags |= u8::from(is_turned) << 3;
    }
    let length = u32::try_from(bare.len() - 8).ok()?;
    bare[4..8].copy_from_slice(&length.to_le_bytes());
    Some(bare)
}

/// Whether EXIF is among what was kept.
fn push_webp_chunks(bare: &mut Vec<u8>, mut rest: &[u8]) -> Option<bool> {
    let mut is_turned = false;
    while rest.len() >= 8 {
        let name: [u8; 4] = *rest.first_chunk()?;
        let length = u32::from_le_bytes(*rest[4..].first_chunk()?);
        let data = rest.get(8..usize::try_from(length).ok()?.checked_add(8)?)?;
        rest = rest
            .get(8 + data.len() + data.len() % 2..)
            .unwrap_or_default();
        match &name {
            b"VP8X" | b"VP8 " | b"VP8L" | b"ALPH" | b"ANIM" | b"ICCP" => {
                push_webp_chunk(bare, name, data)?;
            }
            // A frame, with chunks of its own.
            b"ANMF" => {
                let mut frame = data.get(..16)?.to_vec();
                push_webp_chunks(&mut frame, &data[16..])?;
                push_webp_chunk(bare, name, &frame)?;
            }
            b"EXIF" if !is_turned => {
                if let Some(turned) = turned(data) {
                    is_turned = true;
                    push_webp_chunk(bare, name, &turned)?;
                }
            }
            _ => {}
        }
    }
    Some(is_turned)
}

fn push_webp_chunk(bare: &mut Vec<u8>, name: [u8; 4], data: &[u8]) -> Option<()> {
    bare.extend(name);
    bare.extend(u32::try_from(data.len()).ok()?.to_le_bytes());
    bare.extend(data);
    bare.resize(bare.len() + data.len() % 2, 0);
    Some(())
}

/// How often an animation repeats, and what its colours are.
const GIF_KEPT: [&[u8; 11]; 3] = [b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012"];

fn gif(bytes: &[u8]) -> Option<Vec<u8>> {
    let head = 13 + gif_table(*bytes.get(10)?);
    let mut bare = bytes.get(..head)?.to_vec();
    let mut rest = &bytes[head..];
    loop {
        match rest.first() {
            Some(0x21) => {
                let (block, after) = rest.split_at(2 + gif_blocks(rest.get(2..)?)?);
                let is_kept = match block[1] {
                    0xf9 => true,
                    0xff => GIF_KEPT
                        .iter()
                        .any(|kept| block.get(3..14) == Some(&kept[..])),
                    _ => false,
                };
                if is_kept {
                    bare.extend(block);
                }
                rest = after;
            }
            Some(0x2c) => {
                let head = 11 + gif_table(*rest.get(9)?);
                let (block, after) = rest.split_at(head + gif_blocks(rest.get(head..)?)?);
                bare.extend(block);
                rest = after;
            }
            Some(0x3b) | None => {
                bare.push(0x3b);
                return Some(bare);
            }
            Some(_) => return None,
        }
    }
}

/// Bytes of a table of colours, if these flags say that there is one.
fn gif_table(flags: u8) -> usize {
    if flags & 0x80 == 0 {
        0
    } else {
        3 << ((flags & 7) + 1)
    }
}

/// Bytes of a row of blocks, each led by its length, up to the empty one.
fn gif_blocks(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let length = usize::from(*bytes.get(at)?);
        at += 1 + length;
        if length == 0 {
            return Some(at);
        }
    }
}
