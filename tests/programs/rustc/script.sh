cd /tmp && cat >m.rs <<'RS'
use std::io::{Read, Write};
fn main() {
    let l = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = l.local_addr().unwrap();
    let t = std::thread::spawn(move || { let (mut s, _) = l.accept().unwrap(); let mut b = String::new(); s.read_to_string(&mut b).unwrap(); b.len() });
    std::net::TcpStream::connect(at).unwrap().write_all(&[b'x'; 5000]).unwrap();
    println!("{}", t.join().unwrap());
    let v: Vec<_> = (0..4).map(|n| std::thread::spawn(move || n * 10)).collect();
    println!("{:?}", v.into_iter().map(|t| t.join().unwrap()).collect::<Vec<_>>());
}
RS
rustc -C opt-level=0 m.rs && ./m
