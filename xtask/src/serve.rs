//! `cargo xtask serve`: the page, its module and a disk image over HTTP, with the
//! headers that shared memory needs and with byte ranges.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use tiny_http::{Header, Method, Request, Response, Server, StatusCode};

use crate::{image, web};

/// Options of the server.
#[derive(Args, Clone, Debug)]
pub struct ServeArgs {
    /// Port on 127.0.0.1
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// Disk image: a file, or the address of one (the default Debian image, built when missing)
    #[arg(long)]
    pub image: Option<String>,
}

/// Where the page finds a local image.
const IMAGE_PATH: &str = "debian.ext2";

/// Longest body of one range response: a block device asks for far less.
const MAX_RANGE: u64 = 64 << 20;

/// Connections served at once.
const WORKERS: usize = 8;

/// Serves until the process ends.
pub fn serve(root: &Path, args: &ServeArgs) -> Result<(), String> {
    let site = web::build(root)?;
    let remote = args.image.clone().filter(|i| i.starts_with("http://") || i.starts_with("https://"));
    let disk = match (&remote, &args.image) {
        (Some(_), _) => None,
        (None, Some(file)) => Some(PathBuf::from(file)),
        (None, None) => Some(image::default_image(root, "amd64")?),
    };
    if let Some(disk) = disk.as_ref().filter(|d| !d.is_file()) {
        return Err(format!("{} is no file", disk.display()));
    }
    let server = Server::http(("127.0.0.1", args.port)).map_err(|e| format!("port {}: {e}", args.port))?;
    let address = remote.unwrap_or_else(|| IMAGE_PATH.into());
    // Port 0 is any free one: the system says which.
    let port = server.server_addr().to_ip().map_or(args.port, |ip| ip.port());
    if let Some(disk) = disk.as_ref().filter(|d| !image::code_beside(d).is_file()) {
        eprintln!("xtask: programs start faster after `cargo xtask precompile {}`", disk.display());
    }
    eprintln!("xtask: http://127.0.0.1:{port}/?image={}", escape(&address));
    let shared = Arc::new((server, site, disk));
    let workers: Vec<_> = (0..WORKERS)
        .map(|_| {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || {
                let (server, site, disk) = &*shared;
                while let Ok(request) = server.recv() {
                    answer(request, site, disk.as_deref());
                }
            })
        })
        .collect();
    workers.into_iter().try_for_each(|worker| worker.join().map_err(|_| "a server thread failed".to_owned()))
}

fn escape(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/:".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// The file that a path names, never outside the site.
fn file_of(url: &str, site: &Path, disk: Option<&Path>) -> Option<PathBuf> {
    let path = url.split(['?', '#']).next()?.trim_start_matches('/');
    if path == IMAGE_PATH {
        return disk.map(Path::to_path_buf);
    }
    if path.strip_suffix(".code") == Some(IMAGE_PATH) {
        return disk.map(image::code_beside);
    }
    let path = Path::new(if path.is_empty() { "index.html" } else { path });
    path.components().all(|part| matches!(part, Component::Normal(_))).then(|| site.join(path))
}

fn header(name: &str, value: &str) -> Header {
    Header::from_bytes(name.as_bytes(), value.as_bytes())
        .unwrap_or_else(|()| unreachable!("{name} and its values are plain ASCII"))
}

fn kind(path: &Path) -> &'static str {
    match path.extension().and_then(|e| e.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

/// First byte and length of the one range that `value` asks of `size` bytes
/// (RFC 9110, section 14.1.2); `None` for what cannot be satisfied.
fn range(value: &str, size: u64) -> Option<(u64, u64)> {
    let (first, last) = value.trim().strip_prefix("bytes=")?.split_once('-')?;
    let (start, end) = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(start), Ok(end)) => (start, end.min(size.checked_sub(1)?)),
        (Ok(start), Err(_)) if last.is_empty() => (start, size.checked_sub(1)?),
        (Err(_), Ok(count)) if first.is_empty() && count > 0 => {
            (size.saturating_sub(count), size.checked_sub(1)?)
        }
        _ => return None,
    };
    (start <= end).then(|| (start, (end - start + 1).min(MAX_RANGE)))
}

fn answer(request: Request, site: &Path, disk: Option<&Path>) {
    let file = file_of(request.url(), site, disk);
    let opened = file.as_ref().and_then(|path| {
        let file = File::open(path).ok()?;
        let meta = file.metadata().ok().filter(|m| m.is_file())?;
        Some((file, meta.len(), kind(path)))
    });
    let mut headers = vec![
        header("Cross-Origin-Opener-Policy", "same-origin"),
        header("Cross-Origin-Embedder-Policy", "require-corp"),
        header("Cross-Origin-Resource-Policy", "same-origin"),
        header("Cache-Control", "no-cache"),
        header("Accept-Ranges", "bytes"),
    ];
    let allowed = matches!(request.method(), Method::Get | Method::Head);
    let (Some((mut file, size, kind)), true) = (opened, allowed) else {
        let code = if allowed { 404 } else { 405 };
        let text = "not here\n";
        respond(request, StatusCode(code), headers, text.as_bytes(), text.len() as u64);
        return;
    };
    headers.push(header("Content-Type", kind));
    let asked =
        request.headers().iter().find(|h| h.field.equiv("Range")).map(|h| h.value.as_str().to_owned());
    let (code, start, length) = match asked.map(|value| range(&value, size)) {
        None => (200, 0, size),
        Some(Some((start, length))) => {
            headers.push(header("Content-Range", &format!("bytes {start}-{}/{size}", start + length - 1)));
            (206, start, length)
        }
        Some(None) => {
            headers.push(header("Content-Range", &format!("bytes */{size}")));
            (416, 0, 0)
        }
    };
    if file.seek(SeekFrom::Start(start)).is_ok() {
        respond(request, StatusCode(code), headers, file.take(length), length);
    }
}

fn respond(request: Request, code: StatusCode, headers: Vec<Header>, body: impl Read, length: u64) {
    let length = usize::try_from(length).ok();
    // Chunked transfer would hide the length, which the page shows progress by.
    let response = Response::new(code, headers, body, length, None).with_chunked_threshold(usize::MAX);
    // The other side may go away at any time; that ends only its own request.
    let _ = request.respond(response);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        for (value, expected) in [
            ("bytes=0-0", Some((0, 1))),
            ("bytes=2-", Some((2, 8))),
            ("bytes=-3", Some((7, 3))),
            ("bytes=-30", Some((0, 10))),
            ("bytes=5-100", Some((5, 5))),
            ("bytes=10-", None),
            ("bytes=5-4", None),
            ("bytes=-0", None),
            ("bytes=-", None),
            ("lines=1-2", None),
        ] {
            assert_eq!(range(value, 10), expected, "{value}");
        }
        assert_eq!(range("bytes=0-", 0), None);
    }

    #[test]
    fn paths_stay_inside() {
        let site = Path::new("/site");
        assert_eq!(file_of("/?image=x", site, None), Some("/site/index.html".into()));
        assert_eq!(file_of("/js/a.js", site, None), Some("/site/js/a.js".into()));
        assert_eq!(file_of("/../secret", site, None), None);
        assert_eq!(file_of("//etc/passwd", site, None), Some("/site/etc/passwd".into()));
        assert_eq!(file_of("/debian.ext2", site, Some(Path::new("/x"))), Some("/x".into()));
        assert_eq!(file_of("/debian.ext2.code", site, Some(Path::new("/x"))), Some("/x.code".into()));
    }
}
