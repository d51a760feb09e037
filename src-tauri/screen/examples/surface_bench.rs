//! How long a frame takes to the screen, and what it costs: 640×480 at 30 a second shown at 960×720 in an X
//! server of its own. Prints one line of JSON. `cargo run --release -p chinhchu-screen --example surface_bench`
#![allow(clippy::cast_possible_truncation, reason = "drawn sample pictures")]

#[cfg(target_os = "linux")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    linux::run()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("this bench needs X11");
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io::{BufRead as _, BufReader};
    use std::process::{Child, Command, Stdio};
    use std::time::{Duration, Instant};

    use chinhchu_screen::x11::X11Surface;
    use chinhchu_screen::{I420View, Placement, Rect, VideoSurface};
    use x11rb::connection::Connection;
    use x11rb::protocol::xproto::{ConnectionExt as _, CreateWindowAux, WindowClass};
    use x11rb::wrapper::ConnectionExt as _;

    const SECONDS: u32 = 20;
    const RATE: u32 = 30;

    struct Server(Child);

    impl Drop for Server {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    pub fn run() -> Result<(), Box<dyn std::error::Error>> {
        let mut server = Server(
            Command::new("Xvfb")
                .args(["-displayfd", "1", "-screen", "0", "1300x800x24", "-nolisten", "tcp"])
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()?,
        );
        let mut number = String::new();
        BufReader::new(server.0.stdout.take().ok_or("no output")?).read_line(&mut number)?;
        let display = format!(":{}", number.trim());

        let (conn, _) = x11rb::connect(Some(&display))?;
        let screen = &conn.setup().roots[0];
        let parent = conn.generate_id()?;
        let (class, aux) = (WindowClass::INPUT_OUTPUT, CreateWindowAux::new());
        conn.create_window(0, parent, screen.root, 0, 0, 1300, 800, 0, class, 0, &aux)?.check()?;
        conn.map_window(parent)?;
        conn.sync()?;

        let surface = X11Surface::on_display(Some(&display), parent, true)?;
        surface.place(Placement { rect: Rect::new(20, 20, 960, 720), visible: true, holes: Vec::new() });

        let frames: Vec<Vec<u8>> = (0..RATE).map(picture).collect();
        let (cpu_before, server_before) = (cpu_ms(None)?, cpu_ms(Some(server.0.id()))?);
        let start = Instant::now();
        for n in 0..SECONDS * RATE {
            let due = start + Duration::from_secs(1) * n / RATE;
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            surface.push(view(&frames[(n % RATE) as usize]));
        }
        std::thread::sleep(Duration::from_millis(200));
        let wall_ms = start.elapsed().as_secs_f64() * 1000.0;
        let own = (cpu_ms(None)? - cpu_before) / wall_ms * 100.0;
        let xvfb = (cpu_ms(Some(server.0.id()))? - server_before) / wall_ms * 100.0;
        let stats = surface.stats();
        let ms = |us: Option<u32>| f64::from(us.unwrap_or(0)) / 1000.0;
        let load = std::fs::read_to_string("/proc/loadavg")?;
        println!(
            "{}",
            serde_json::json!({
                "bench": "surface", "from": "640x480@30", "to": "960x720",
                "shared_memory": surface.has_shared_memory(),
                "pushed": stats.pushed, "shown": stats.shown, "skipped": stats.skipped,
                "latency_p50_ms": ms(stats.latency_p50_us), "latency_p95_ms": ms(stats.latency_p95_us),
                "cpu_own_percent_of_a_core": round(own), "cpu_x_server_percent_of_a_core": round(xvfb),
                "cpu_percent_of_a_core": round(own + xvfb),
                "load_1m": load.split(' ').next(),
            })
        );
        Ok(())
    }

    fn round(value: f64) -> f64 {
        (value * 100.0).round() / 100.0
    }

    /// A moving gradient.
    fn picture(n: u32) -> Vec<u8> {
        let luma = (0..640 * 480_u32).map(move |i| (16 + (i % 640 / 4 + i / 640 / 4 + n * 7) % 219) as u8);
        let chroma = (0..2 * 320 * 240_u32).map(move |i| (16 + (i % 320 / 2 + n * 3) % 224) as u8);
        luma.chain(chroma).collect()
    }

    fn view(planes: &[u8]) -> I420View<'_> {
        let (y, chroma) = planes.split_at(640 * 480);
        let (u, v) = chroma.split_at(320 * 240);
        I420View { width: 640, height: 480, y, u, v, y_stride: 640, uv_stride: 320 }
    }

    /// User and system time of a process (our own without an id), ms; ticks are 10 ms.
    fn cpu_ms(process: Option<u32>) -> Result<f64, Box<dyn std::error::Error>> {
        let name = process.map_or_else(|| "self".to_owned(), |id| id.to_string());
        let stat = std::fs::read_to_string(format!("/proc/{name}/stat"))?;
        let after_name = stat.rsplit(") ").next().ok_or("unreadable stat")?;
        let field = |n: usize| after_name.split(' ').nth(n).and_then(|f| f.parse::<f64>().ok());
        Ok((field(11).ok_or("no utime")? + field(12).ok_or("no stime")?) * 10.0)
    }
}
