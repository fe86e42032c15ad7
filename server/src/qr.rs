//! An invite's link as a picture: for a web page, and for a terminal.

use qrcode::render::{svg, unicode};
use qrcode::types::QrError;
use qrcode::{EcLevel, QrCode};

/// As an SVG document, dark on white.
///
/// # Errors
/// Where the text is too long for a QR code.
pub fn svg(text: &str) -> Result<String, QrError> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)?;
    Ok(code.render::<svg::Color<'_>>().min_dimensions(240, 240).build())
}

/// As lines of half blocks. Light on dark terminals: the quiet zone is drawn, so that a camera reads it either way.
///
/// # Errors
/// Where the text is too long for a QR code.
pub fn terminal(text: &str) -> Result<String, QrError> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L)?;
    Ok(code
        .render::<unicode::Dense1x2>()
        .dark_color(unicode::Dense1x2::Light)
        .light_color(unicode::Dense1x2::Dark)
        .build())
}
