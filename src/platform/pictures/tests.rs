//! Files as cameras, painters and attackers make them.

use image::{ImageEncoder as _, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use proptest::{collection::vec, option, prelude::any, prop_assert, prop_assert_eq, proptest};

use super::{
    ColorProfile, Cursor, DynamicImage, ExtendedColorType, Format, MOST_MEMORY, Refusal, WIDTHS,
    bare, kind, png, read,
};

/// A picture whose left half is red and whose right half is blue.
fn halves(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, _| {
        Rgb(if x < width / 2 {
            [220, 20, 20]
        } else {
            [20, 20, 220]
        })
    })
}

fn file(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn jpeg(width: u32, height: u32) -> Vec<u8> {
    file(&halves(width, height).into(), ImageFormat::Jpeg)
}

/// The file with EXIF that says how to hold it and where it was taken.
fn with_exif(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x02".to_vec();
    exif.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]);
    exif.extend([0x88, 0x25, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0x26]);
    exif.extend([0, 0, 0, 0]);
    exif.extend(b"GPSLatitude 41.0082");
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()
}

fn has(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|found| found == word)
}

fn is_red(picture: &DynamicImage, x: u32, y: u32) -> bool {
    let pixel = picture.to_rgb8().get_pixel(x, y).0;
    pixel[0] > 150 && pixel[2] < 100
}

#[test]
fn a_file_is_what_its_bytes_say() {
    let small: DynamicImage = halves(8, 8).into();
    for (format, kind_of) in [
        (ImageFormat::Jpeg, Format::Jpeg),
        (ImageFormat::Png, Format::Png),
        (ImageFormat::WebP, Format::Webp),
        (ImageFormat::Gif, Format::Gif),
    ] {
        let bytes = file(&small, format);
        assert_eq!(kind(&bytes), Ok(kind_of));
        let read = read(&bytes).unwrap();
        assert_eq!((read.format, read.width, read.height), (kind_of, 8, 8));
    }
    for (bytes, refusal) in [
        (&b""[..], Refusal::Empty),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", Refusal::Svg),
        (
            b"<?xml version='1.0'?>\n<svg onload=alert(1)>",
            Refusal::Svg,
        ),
        (b"\0\0\0\x18ftypheic\0\0\0\0", Refusal::Heic),
        (b"\0\0\0\x18ftypavif\0\0\0\0", Refusal::Heic),
        (b"<html><script>alert(1)</script>", Refusal::Kind),
        (b"PK\x03\x04", Refusal::Kind),
        (b"BM\0\0\0\0", Refusal::Kind),
    ] {
        assert_eq!(read(bytes).unwrap_err(), refusal);
    }
}

#[test]
fn a_picture_is_turned_upright_and_tells_nothing_of_its_place() {
    let bytes = with_exif(&jpeg(600, 400), 6);
    assert!(has(&bytes, b"GPSLatitude"));
    let read = read(&bytes).unwrap();
    assert_eq!((read.width, read.height), (400, 600));
    // What was left is on top now.
    assert!(is_red(&read.picture, 200, 50) && !is_red(&read.picture, 200, 550));
    for variant in read.variants().unwrap() {
        for word in [&b"Exif"[..], b"EXIF", b"GPS", b"ICC"] {
            assert!(!has(&variant.bytes, word), "{:?}", variant.format);
        }
    }
    let plain = read.plain().unwrap();
    assert_eq!((plain.width, plain.height), (400, 600));
}

#[test]
fn a_wide_picture_is_turned_before_its_width_is_bounded() {
    let read = read(&with_exif(&jpeg(2000, 3000), 8)).unwrap();
    assert_eq!((read.width, read.height), (3000, 2000));
    assert_eq!((read.picture.width(), read.picture.height()), (1440, 960));
}

#[test]
fn widths_are_not_above_the_original_and_variants_are_small_files() {
    let widths = |width| read(&jpeg(width, 300)).unwrap().widths();
    assert_eq!(widths(300), [300]);
    assert_eq!(widths(500), [500]);
    assert_eq!(widths(1000), [480, 1000]);
    assert_eq!(widths(3000), [480, 960, 1440]);
    let variants = read(&jpeg(1200, 800)).unwrap().variants().unwrap();
    let of: Vec<_> = variants
        .iter()
        .map(|variant| (variant.width, variant.height, variant.format))
        .collect();
    assert_eq!(
        of,
        [
            (480, 320, Format::Jpeg),
            (480, 320, Format::Webp),
            (960, 640, Format::Jpeg),
            (960, 640, Format::Webp),
            (1200, 800, Format::Jpeg),
            (1200, 800, Format::Webp),
        ]
    );
    for variant in &variants {
        assert_eq!(kind(&variant.bytes), Ok(variant.format));
        assert_eq!(read(&variant.bytes).unwrap().width, variant.width);
    }
}

#[test]
fn the_same_file_gives_the_same_bytes() {
    let bytes = jpeg(700, 500);
    let first = read(&bytes).unwrap();
    assert_eq!(
        first.variants().unwrap(),
        read(&bytes).unwrap().variants().unwrap()
    );
    assert!(first.variants().unwrap().contains(&first.plain().unwrap()));
}

#[test]
fn what_shines_through_stays_so() {
    let clear = RgbaImage::from_fn(100, 50, |x, _| {
        Rgba([10, 200, 10, if x < 50 { 0 } else { 255 }])
    });
    let read_clear = read(&file(&clear.into(), ImageFormat::Png)).unwrap();
    assert_eq!(read_clear.plain_format(), Format::Png);
    for variant in read_clear.variants().unwrap() {
        let again = image::load_from_memory(&variant.bytes).unwrap().to_rgba8();
        assert_eq!(
            (again.get_pixel(5, 25).0[3], again.get_pixel(95, 25).0[3]),
            (0, 255)
        );
    }
    let opaque = RgbaImage::from_pixel(20, 20, Rgba([1, 2, 3, 255]));
    let read_opaque = read(&file(&opaque.into(), ImageFormat::Png)).unwrap();
    assert_eq!(read_opaque.plain_format(), Format::Jpeg);
}

#[test]
fn colours_of_another_space_are_converted() {
    let picture = RgbImage::from_pixel(40, 40, Rgb([255, 0, 0]));
    let mut bytes = Vec::new();
    let mut encoder = png::PngEncoder::new(&mut bytes);
    encoder
        .set_icc_profile(ColorProfile::new_display_p3().encode().unwrap())
        .unwrap();
    let half: Vec<u8> = picture.pixels().flat_map(|_| [128, 64, 64]).collect();
    encoder
        .write_image(&half, 40, 40, ExtendedColorType::Rgb8)
        .unwrap();
    let pixel = read(&bytes).unwrap().picture.to_rgb8().get_pixel(5, 5).0;
    // The same red is further from grey in the smaller space.
    assert!(pixel[0] > 130 && pixel[1] < 63, "{pixel:?}");
}

/// A PNG that says that it is so large, with next to nothing in it.
fn claims(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = file(&halves(4, 4).into(), ImageFormat::Png);
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let mut crc = flate2::Crc::new();
    crc.update(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&crc.sum().to_be_bytes());
    bytes
}

/// A JPEG that ends before its data: its frame has this marker, and three components of this sampling.
fn head_of_jpeg(width: u16, height: u16, frame: u8, sampling: [u8; 3]) -> Vec<u8> {
    let mut bytes = vec![0xff, 0xd8, 0xff, frame, 0, 17, 8];
    bytes.extend(height.to_be_bytes());
    bytes.extend(width.to_be_bytes());
    bytes.push(3);
    for (id, sampling) in (1..).zip(sampling) {
        bytes.extend([id, sampling, 0]);
    }
    bytes.extend([0xff, 0xda, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0, 0xff, 0xd9]);
    bytes
}

const WHOLE: [u8; 3] = [0x11; 3];
const HALVED: [u8; 3] = [0x22, 0x11, 0x11];
const BASELINE: u8 = 0xc0;
const PROGRESSIVE: u8 = 0xc2;

fn head_of_webp(width: u32, height: u32, flags: u8) -> Vec<u8> {
    let mut bytes = b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0".to_vec();
    bytes.extend([flags, 0, 0, 0]);
    bytes.extend(&(width - 1).to_le_bytes()[..3]);
    bytes.extend(&(height - 1).to_le_bytes()[..3]);
    bytes
}

#[test]
fn a_bomb_is_refused_by_its_head_and_takes_no_memory() {
    // A GIF of two bytes for each side.
    let mut gif = file(&halves(4, 4).into(), ImageFormat::Gif);
    gif[6..10].copy_from_slice(&[0xff; 4]);
    let bombs = [
        claims(50_000, 50_000),
        claims(12_001, 1),
        claims(1, 12_001),
        claims(12_000, 12_000),
        claims(8_000, 5_001),
        claims(u32::MAX >> 1, u32::MAX >> 1),
        gif,
        head_of_jpeg(50_000, 50_000, BASELINE, WHOLE),
        head_of_jpeg(50_000, 50_000, PROGRESSIVE, WHOLE),
        head_of_jpeg(8_000, 5_001, BASELINE, HALVED),
        head_of_webp(50_000, 50_000, 0),
        head_of_webp(50_000, 50_000, 0b1_0010),
    ];
    for bomb in bombs {
        let mut refusal = None;
        let taken = allocation_counter::measure(|| {
            refusal = Some(read(&bomb).unwrap_err());
        });
        assert!(
            matches!(refusal, Some(Refusal::Dimensions | Refusal::Broken)),
            "{refusal:?}"
        );
        assert!(taken.bytes_max < 1 << 20, "{taken:?}");
    }
    for bomb in [
        claims(8_000, 5_001),
        head_of_jpeg(50_000, 50_000, BASELINE, WHOLE),
    ] {
        assert_eq!(read(&bomb).unwrap_err(), Refusal::Dimensions);
    }
}

#[test]
fn what_takes_much_to_decode_is_refused_where_the_message_says() {
    for heavy in [
        head_of_jpeg(8_000, 5_000, PROGRESSIVE, WHOLE),
        head_of_jpeg(8_000, 5_000, PROGRESSIVE, HALVED),
    ] {
        let taken = allocation_counter::measure(|| {
            assert_eq!(read(&heavy).unwrap_err(), Refusal::Heavy);
        });
        assert!(taken.bytes_max < 1 << 20, "{taken:?}");
    }
    // Photos of a telephone: what is missing is grey, or the file is damaged, but none is too much.
    for light in [
        head_of_jpeg(6_000, 4_000, BASELINE, WHOLE),
        head_of_jpeg(4_000, 3_000, PROGRESSIVE, WHOLE),
    ] {
        let refusal = read(&light).err();
        assert!(refusal.is_none_or(|refusal| refusal == Refusal::Broken));
    }
    // Bytes of a pixel: progressive JPEG, PNG or GIF, an animated WebP, ordinary JPEG.
    for (bytes, megapixels) in [(9, 22), (8, 25), (15, 13), (3, 40)] {
        assert!(bytes * megapixels * 1_000_000 <= MOST_MEMORY);
    }
}

#[test]
fn a_decoder_takes_no_more_than_was_counted() {
    let photo: DynamicImage = halves(3_000, 2_000).into();
    let clear = RgbaImage::from_fn(3_000, 2_000, |x, _| Rgba([1, 2, 3, x.to_le_bytes()[0]]));
    for (picture, format, bytes) in [
        (&photo, ImageFormat::Jpeg, 3),
        (&photo, ImageFormat::Png, 3),
        (&photo, ImageFormat::WebP, 7),
        (&photo, ImageFormat::Gif, 8),
        (&clear.into(), ImageFormat::Png, 4),
    ] {
        let file = file(picture, format);
        let taken = allocation_counter::measure(|| drop(read(&file).unwrap()));
        // The small picture and the tables of decoders come to it.
        let most = bytes * 6_000_000 + 2 * file.len() as u64 + (12 << 20);
        assert!(taken.bytes_max < most, "{format:?}: {taken:?}");
    }
}

/// A chunk of a PNG.
fn chunk(name: [u8; 4], data: &[u8]) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(&name);
    crc.update(data);
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [&length, &name[..], data, &crc.sum().to_be_bytes()].concat()
}

/// A segment of a JPEG.
fn segment(marker: u8, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len() + 2).unwrap().to_be_bytes();
    [&[0xff, marker], &length[..], data].concat()
}

/// EXIF of a picture that is held by its right side, with where it was taken.
fn exif() -> Vec<u8> {
    let small = with_exif(&[0xff, 0xd8], 6);
    small[12..].to_vec()
}

/// The same picture in each format, with all that such a file may tell.
fn talkative() -> Vec<Vec<u8>> {
    let picture: DynamicImage = halves(48, 32).into();
    let place = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta GPS/>";
    let jpeg = with_exif(&file(&picture, ImageFormat::Jpeg), 6);
    let jpeg = [
        &jpeg[..2],
        &segment(0xfe, b"GPS comment"),
        &segment(0xe1, place),
        &segment(0xed, b"Photoshop 3.0\0GPS"),
        &segment(0xe2, b"MPF\0GPS"),
        &jpeg[2..],
        b"GPS behind",
    ]
    .concat();
    let png = file(&picture, ImageFormat::Png);
    let png = [
        &png[..33],
        &chunk(*b"eXIf", &exif()),
        &chunk(*b"tEXt", b"Comment\0GPS"),
        &chunk(*b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0GPS"),
        &chunk(*b"zTXt", b"GPS\0\0x"),
        &chunk(*b"tIME", &[7, 234, 12, 1, 3, 30, 0]),
        &png[33..],
        b"GPS behind",
    ]
    .concat();
    let chunk = |name: [u8; 4], data: &[u8]| {
        let length = u32::try_from(data.len()).unwrap().to_le_bytes();
        let mut chunk = [&name[..], &length, data].concat();
        chunk.resize(chunk.len() + data.len() % 2, 0);
        chunk
    };
    let mut webp = [
        &head_of_webp(48, 32, 0b1100)[..],
        &file(&picture, ImageFormat::WebP)[12..],
        &chunk(*b"EXIF", &exif()),
        &chunk(*b"XMP ", place),
        &chunk(*b"GPS!", b"x"),
    ]
    .concat();
    let length = u32::try_from(webp.len() - 8).unwrap().to_le_bytes();
    webp[4..8].copy_from_slice(&length);
    let gif = file(&picture, ImageFormat::Gif);
    let head = 13 + (3 << ((gif[10] & 7) + 1)) * usize::from(gif[10] >> 7);
    let gif = [
        &gif[..head],
        b"\x21\xfe\x03GPS\0",
        b"\x21\xff\x0bXMP DataXMP\x03GPS\0",
        b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0",
        &gif[head..],
        b"GPS behind",
    ]
    .concat();
    vec![jpeg, png, webp, gif]
}

#[test]
fn what_a_file_tells_beside_its_picture_is_left_out() {
    for talkative in talkative() {
        let format = kind(&talkative).unwrap();
        assert!(has(&talkative, b"GPS"), "{format:?}");
        let bare_once = bare(&talkative).unwrap();
        for word in [
            &b"GPS"[..],
            b"xmp",
            b"XMP",
            b"Photoshop",
            b"Comment",
            b"tIME",
            b"MPF",
        ] {
            assert!(!has(&bare_once, word), "{format:?}");
        }
        assert_eq!(bare(&bare_once), Ok(bare_once.clone()), "{format:?}");
        let (before, after) = (read(&talkative).unwrap(), read(&bare_once).unwrap());
        assert_eq!(before.picture, after.picture, "{format:?}");
        // A GIF cannot say how it is held.
        let size = if format == Format::Gif {
            (48, 32)
        } else {
            (32, 48)
        };
        assert_eq!((after.width, after.height), size, "{format:?}");
    }
    let gif = bare(&talkative()[3]).unwrap();
    assert!(has(&gif, b"NETSCAPE2.0"));
}

#[test]
fn a_file_that_tells_nothing_stays_as_it_is() {
    let picture: DynamicImage = halves(48, 32).into();
    for format in [
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::WebP,
        ImageFormat::Gif,
    ] {
        let bytes = file(&picture, format);
        assert_eq!(bare(&bytes), Ok(bytes), "{format:?}");
    }
    let mut with_profile = Vec::new();
    let mut encoder = png::PngEncoder::new(&mut with_profile);
    let profile = ColorProfile::new_display_p3().encode().unwrap();
    encoder.set_icc_profile(profile).unwrap();
    let pixels = vec![9; 40 * 40 * 3];
    encoder
        .write_image(&pixels, 40, 40, ExtendedColorType::Rgb8)
        .unwrap();
    assert_eq!(bare(&with_profile), Ok(with_profile));
}

#[test]
fn what_was_cut_off_is_refused() {
    let small: DynamicImage = halves(300, 300).into();
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let bytes = file(&small, format);
        for part in [1, 3, 5, 9] {
            let cut = &bytes[..bytes.len() * part / 10];
            assert!(read(cut).is_err(), "{format:?} {part}");
        }
    }
    // A small picture within the picture has an end of its own.
    let mut exif = with_exif(&jpeg(64, 64), 1);
    exif.truncate(exif.len() - 20);
    assert_eq!(read(&exif).unwrap_err(), Refusal::Broken);
}

#[test]
fn what_is_hidden_behind_or_within_a_picture_does_not_come_through() {
    let script = b"<script>alert(1)</script>";
    let behind = [&jpeg(64, 64)[..], script, b"PK\x03\x04"].concat();
    let jpeg = jpeg(64, 64);
    let comment = u16::try_from(script.len() + 2).unwrap().to_be_bytes();
    let within = [&jpeg[..2], &[0xff, 0xfe], &comment, script, &jpeg[2..]].concat();
    for bytes in [behind, within] {
        assert!(has(&bytes, script));
        for variant in read(&bytes).unwrap().variants().unwrap() {
            assert!(!has(&variant.bytes, b"<script") && !has(&variant.bytes, b"PK\x03\x04"));
        }
    }
}

fn originals() -> Vec<Vec<u8>> {
    let picture: DynamicImage = halves(48, 32).into();
    let mut files: Vec<Vec<u8>> = [
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::WebP,
        ImageFormat::Gif,
    ]
    .into_iter()
    .map(|format| file(&picture, format))
    .collect();
    files.push(with_exif(&files[0], 5));
    files
}

proptest! {
    /// Whatever is changed in a file: it is refused, or what comes of it is a picture of bounded size.
    #[test]
    fn damaged_files_are_refused_or_become_pictures(
        which in 0_usize..5,
        changes in vec((0_usize..4096, any::<u8>()), 1..12),
        cut in option::of(0_usize..4096),
    ) {
        let mut bytes = originals().swap_remove(which);
        for (at, byte) in changes {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut % bytes.len());
        }
        if let Ok(bare_once) = bare(&bytes) {
            prop_assert_eq!(bare(&bare_once), Ok(bare_once));
        }
        // The same as uploads do: a decoder that panics has refused the file.
        let read = std::panic::catch_unwind(|| read(&bytes));
        if let Ok(Ok(read)) = read {
            prop_assert!(read.picture.width() <= WIDTHS[2]);
            let plain = read.plain().unwrap();
            prop_assert!(kind(&plain.bytes).is_ok());
        }
    }
}
