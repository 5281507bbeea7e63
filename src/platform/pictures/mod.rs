//! What is made of an uploaded file: looked at before it is decoded, turned upright, made smaller and written anew.

mod bare;

use std::io::Cursor;

use image::{
    DynamicImage, ExtendedColorType, ImageDecoder, ImageEncoder as _, Limits,
    codecs::{gif::GifDecoder, jpeg, png, webp::WebPDecoder},
    imageops::FilterType,
    metadata::Orientation,
};
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

pub use self::bare::bare;
use super::{db::text_column, i18n::Message};
use crate::types::choice;

choice! {
    pub enum Format {
        Jpeg = "jpeg",
        Png = "png",
        Webp = "webp",
        Gif = "gif",
    }
}

choice! {
    /// Why a file is no picture of ours.
    pub enum Refusal {
        Empty = "empty",
        TooLarge = "too-large",
        Svg = "svg",
        Heic = "heic",
        Kind = "kind",
        Dimensions = "dimensions",
        Heavy = "heavy",
        Broken = "broken",
    }
}

text_column!(Format, Refusal);

impl Format {
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            other => other.as_str(),
        }
    }

    #[must_use]
    pub fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Gif => "image/gif",
        }
    }
}

impl Refusal {
    #[must_use]
    pub fn message(self) -> Message {
        match self {
            Self::Empty => Message::new("image-refused-empty"),
            Self::TooLarge => Message::new("image-refused-too-large"),
            Self::Svg => Message::new("image-refused-svg"),
            Self::Heic => Message::new("image-refused-heic"),
            Self::Kind => Message::new("image-refused-kind"),
            Self::Dimensions => Message::new("image-refused-dimensions"),
            Self::Heavy => Message::new("image-refused-heavy"),
            Self::Broken => Message::new("image-refused-broken"),
        }
    }
}

/// Pixels of a side, and of the whole.
pub const LONGEST_SIDE: u32 = 12_000;
pub const MOST_PIXELS: u64 = 40_000_000;

/// Bytes that decoding may take beside the file: forty megapixels of an ordinary JPEG, and about half of that where a decoder
/// keeps more than the picture. What is said to whoever sends more has these numbers.
const MOST_MEMORY: u64 = 192 * 1024 * 1024;

/// Bytes that what comes before the picture may take, such as a profile that was squeezed.
const MOST_OF_HEAD: u64 = 16 * 1024 * 1024;

/// The widths that pages choose from, unless the picture is smaller.
pub const WIDTHS: [u32; 3] = [480, 960, 1440];

const JPEG_QUALITY: u8 = 80;
const WEBP_QUALITY: f32 = 78.0;

/// An upright picture of eight bits in sRGB, no wider than pages show it; nothing else of the file is left.
#[derive(Debug)]
pub struct Upright {
    picture: DynamicImage,
    pub format: Format,
    /// As large as the file has it.
    pub width: u32,
    pub height: u32,
}

/// A file for browsers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    pub format: Format,
    pub width: u32,
    pub height: u32,
    pub bytes: Vec<u8>,
}

/// What the bytes are, whatever the file is called.
pub fn kind(bytes: &[u8]) -> Result<Format, Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::Empty);
    }
    match image::guess_format(bytes) {
        Ok(image::ImageFormat::Jpeg) => return Ok(Format::Jpeg),
        Ok(image::ImageFormat::Png) => return Ok(Format::Png),
        Ok(image::ImageFormat::WebP) => return Ok(Format::Webp),
        Ok(image::ImageFormat::Gif) => return Ok(Format::Gif),
        _ => {}
    }
    let head = &bytes[..bytes.len().min(1024)];
    let has = |word: &[u8]| head.windows(word.len()).any(|found| found == word);
    if has(b"<svg") || has(b"<SVG") {
        Err(Refusal::Svg)
    } else if head.get(4..8) == Some(b"ftyp") {
        Err(Refusal::Heic)
    } else {
        Err(Refusal::Kind)
    }
}

/// Takes a while and up to `MOST_MEMORY`: not for a thread that answers requests.
pub fn read(bytes: &[u8]) -> Result<Upright, Refusal> {
    let format = kind(bytes)?;
    let data = Cursor::new(bytes);
    let broken = |_| Refusal::Broken;
    match format {
        Format::Jpeg if is_cut_off(bytes) => Err(Refusal::Broken),
        Format::Jpeg => {
            let beside = bare::coefficients(bytes).ok_or(Refusal::Broken)?;
            let decoder = jpeg::JpegDecoder::new(data).map_err(broken)?;
            decoded(decoder, format, beside)
        }
        Format::Png => {
            let limits = limits(MOST_OF_HEAD);
            let decoder = png::PngDecoder::with_limits(data, limits).map_err(broken)?;
            decoded(decoder, format, 0)
        }
        Format::Webp => {
            let decoder = WebPDecoder::new(data).map_err(broken)?;
            decoded(decoder, format, 4 * beside_webp(bytes))
        }
        // A frame before it is put into the whole.
        Format::Gif => decoded(GifDecoder::new(data).map_err(broken)?, format, 4 * 4),
    }
}

/// What its decoder holds for each pixel beside the picture: the colours apart from the light, a layer of what shines
/// through, and of an animation the whole and a frame.
fn beside_webp(bytes: &[u8]) -> u64 {
    match (bytes.get(12..16), bytes.get(20)) {
        (Some(b"VP8 "), _) => 2,
        (Some(b"VP8X"), Some(flags)) if flags & 0b10 != 0 => 11,
        (Some(b"VP8X"), Some(flags)) if flags & 0b1_0000 != 0 => 7,
        _ => 4,
    }
}

/// The decoder fills what is missing with grey. Within the data of a picture no marker can stand, so the last end must be
/// after the last beginning; a small picture within the picture has both before.
fn is_cut_off(bytes: &[u8]) -> bool {
    let last = |marker: u8| bytes.windows(2).rposition(|two| two == [0xff, marker]);
    match (last(0xda), last(0xd9)) {
        (Some(begin), Some(end)) => end < begin,
        _ => true,
    }
}

fn limits(memory: u64) -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    limits.max_alloc = Some(memory);
    limits
}

/// `beside` is what the decoder holds for each pixel while it fills the picture, in quarters of a byte.
fn decoded(
    mut decoder: impl ImageDecoder,
    format: Format,
    beside: u64,
) -> Result<Upright, Refusal> {
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if width.max(height) > LONGEST_SIDE || pixels > MOST_PIXELS {
        return Err(Refusal::Dimensions);
    }
    if pixels == 0 {
        return Err(Refusal::Broken);
    }
    decoder
        .set_limits(limits(MOST_MEMORY))
        .map_err(|_| Refusal::Dimensions)?;
    // What is not made smaller is held twice while its colours are made eight bits.
    let twice = if width.min(height) <= WIDTHS[2] {
        4 * pixels
    } else {
        0
    };
    if decoder.total_bytes() + pixels * beside / 4 + twice > MOST_MEMORY {
        return Err(Refusal::Heavy);
    }
    // Damage to what is beside the picture is no reason to refuse it.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let profile = decoder.icc_profile().ok().flatten();
    let picture = DynamicImage::from_decoder(decoder).map_err(|_| Refusal::Broken)?;
    let is_turned = matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    );
    let (width, height) = if is_turned {
        (height, width)
    } else {
        (width, height)
    };
    let (to_width, to_height) = scaled(width, height, WIDTHS[2]);
    let (to_width, to_height) = if is_turned {
        (to_height, to_width)
    } else {
        (to_width, to_height)
    };
    // Whatever is done to the picture is done to the small one.
    let picture = smaller(&picture, to_width, to_height).unwrap_or(picture);
    let mut picture = eight_bits(picture);
    if let Some(profile) = profile {
        to_srgb(&mut picture, &profile);
    }
    picture.apply_orientation(orientation);
    Ok(Upright {
        picture,
        format,
        width,
        height,
    })
}

/// Three bytes a pixel, or four where something shines through.
fn eight_bits(picture: DynamicImage) -> DynamicImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8().into();
    }
    let picture = picture.into_rgba8();
    if picture.pixels().all(|pixel| pixel.0[3] == 255) {
        DynamicImage::from(picture).into_rgb8().into()
    } else {
        picture.into()
    }
}

/// Not wider than that, and at least a pixel high.
fn scaled(width: u32, height: u32, widest: u32) -> (u32, u32) {
    if width <= widest {
        return (width, height);
    }
    let exact = u64::from(height) * u64::from(widest) + u64::from(width) / 2;
    let height = u32::try_from(exact / u64::from(width)).unwrap_or(u32::MAX);
    (widest, height.max(1))
}

/// To half and less by the mean of what falls together, which is quick and as good; else by Catmull and Rom, unless what that
/// holds between would be too much. `None` if it has that size.
fn smaller(picture: &DynamicImage, width: u32, height: u32) -> Option<DynamicImage> {
    if (picture.width(), picture.height()) == (width, height) {
        return None;
    }
    let is_half = picture.width() >= 2 * width && picture.height() >= 2 * height;
    let between = u64::from(picture.width()) * u64::from(height) * 16;
    let held = picture.as_bytes().len() as u64;
    Some(if is_half || between + held > MOST_MEMORY {
        picture.thumbnail_exact(width, height)
    } else {
        picture.resize_exact(width, height, FilterType::CatmullRom)
    })
}

/// Colours as browsers take them without a profile. One that cannot be used is dropped.
fn to_srgb(picture: &mut DynamicImage, profile: &[u8]) {
    let (layout, samples): (Layout, &mut [u8]) = match picture {
        DynamicImage::ImageRgb8(picture) => (Layout::Rgb, picture),
        DynamicImage::ImageRgba8(picture) => (Layout::Rgba, picture),
        _ => return,
    };
    let Ok(profile) = ColorProfile::new_from_slice(profile) else {
        return;
    };
    if profile.color_space != DataColorSpace::Rgb {
        return;
    }
    let srgb = ColorProfile::new_srgb();
    let options = TransformOptions::default();
    if let Ok(transform) = profile.create_transform_8bit(layout, &srgb, layout, options) {
        let mut converted = vec![0; samples.len()];
        if transform.transform(samples, &mut converted).is_ok() {
            samples.copy_from_slice(&converted);
        }
    }
}

impl Upright {
    /// What browsers without WebP get: JPEG, or PNG where something shines through.
    #[must_use]
    pub fn plain_format(&self) -> Format {
        if self.picture.color().has_alpha() {
            Format::Png
        } else {
            Format::Jpeg
        }
    }

    /// From narrow to wide; one that is nearly as wide as the widest is left out.
    #[must_use]
    pub fn widths(&self) -> Vec<u32> {
        let widest = self.picture.width();
        let narrower = WIDTHS.into_iter().filter(|width| width * 5 <= widest * 4);
        narrower.chain([widest]).collect()
    }

    /// The widest, in the format that every browser shows: what the picture's own URL gives.
    pub fn plain(&self) -> Result<Encoded, Refusal> {
        encoded(&self.picture, self.plain_format())
    }

    /// All widths in both formats.
    pub fn variants(&self) -> Result<Vec<Encoded>, Refusal> {
        let mut variants = Vec::new();
        for width in self.widths() {
            let (width, height) = scaled(self.picture.width(), self.picture.height(), width);
            let smaller = smaller(&self.picture, width, height);
            let picture = smaller.as_ref().unwrap_or(&self.picture);
            variants.push(encoded(picture, self.plain_format())?);
            variants.push(encoded(picture, Format::Webp)?);
        }
        Ok(variants)
    }
}

fn encoded(picture: &DynamicImage, format: Format) -> Result<Encoded, Refusal> {
    let (width, height) = (picture.width(), picture.height());
    let bytes = match format {
        Format::Webp => webp(picture)?,
        Format::Jpeg => {
            let mut bytes = Vec::new();
            jpeg::JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY)
                .write_image(picture.as_bytes(), width, height, ExtendedColorType::Rgb8)
                .map_err(|_| Refusal::Broken)?;
            bytes
        }
        Format::Png | Format::Gif => {
            let mut bytes = Vec::new();
            png::PngEncoder::new_with_quality(
                &mut bytes,
                png::CompressionType::Default,
                png::FilterType::Adaptive,
            )
            .write_image(
                picture.as_bytes(),
                width,
                height,
                ExtendedColorType::from(picture.color()),
            )
            .map_err(|_| Refusal::Broken)?;
            bytes
        }
    };
    Ok(Encoded {
        format,
        width,
        height,
        bytes,
    })
}

fn webp(picture: &DynamicImage) -> Result<Vec<u8>, Refusal> {
    let encoder = match picture {
        DynamicImage::ImageRgb8(picture) => {
            webp::Encoder::from_rgb(picture, picture.width(), picture.height())
        }
        DynamicImage::ImageRgba8(picture) => {
            webp::Encoder::from_rgba(picture, picture.width(), picture.height())
        }
        _ => return Err(Refusal::Broken),
    };
    let memory = encoder
        .encode_simple(false, WEBP_QUALITY)
        .map_err(|_| Refusal::Broken)?;
    Ok(memory.to_vec())
}

#[cfg(test)]
mod tests;
