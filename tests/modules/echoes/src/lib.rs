//! A module whose async functions await tokio: timers and sockets.

#![forbid(unsafe_code)]

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use insula::tokio::{spawn, within};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep as wait;

/// How many [`Counted`] there are in the process.
static ALIVE: AtomicUsize = AtomicUsize::new(0);

/// Plain data in a future, whose end is seen.
struct Counted;

impl Counted {
    fn new() -> Self {
        ALIVE.fetch_add(1, Ordering::SeqCst);
        Counted
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Sends back what comes, until there is no more.
async fn echo(mut stream: TcpStream) -> io::Result<()> {
    let (mut reader, mut writer) = stream.split();
    tokio::io::copy(&mut reader, &mut writer).await?;
    writer.shutdown().await
}

/// A module whose async functions await tokio.
#[insula::module]
mod echoes {
    use super::*;
    use insula::prelude::*;

    /// Waits.
    #[function]
    async fn sleep(milliseconds: u64) -> u64 {
        let _counted = Counted::new();
        within(async move { wait(Duration::from_millis(milliseconds)).await }).await;
        milliseconds
    }

    /// Waits on a thread of the runtime's.
    #[function]
    async fn sleep_elsewhere(milliseconds: u64) -> Result<u64, insula::tokio::JoinError> {
        spawn(async move {
            let _counted = Counted::new();
            wait(Duration::from_millis(milliseconds)).await;
            milliseconds
        })
        .await
    }

    /// The sum of what so many tasks of the runtime's give, each after a while.
    #[function]
    async fn gather(count: u64) -> Result<u64, insula::tokio::JoinError> {
        let tasks: Vec<_> = (0..count)
            .map(|each| {
                spawn(async move {
                    wait(Duration::from_millis(each % 5)).await;
                    each
                })
            })
            .collect();
        let mut sum = 0;
        for task in tasks {
            sum += task.await?;
        }
        Ok(sum)
    }

    /// Panics on a thread of the runtime's.
    #[function]
    async fn panics() -> Result<(), insula::tokio::JoinError> {
        spawn(async { panic!("on a thread of the runtime's") }).await
    }

    /// Serves so many connections; the port.
    #[function]
    async fn serve(connections: usize) -> io::Result<u16> {
        within(async move {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
            let port = listener.local_addr()?.port();
            // Goes on when the function has returned.
            tokio::spawn(async move {
                for _ in 0..connections {
                    let Ok((stream, _)) = listener.accept().await else { break };
                    tokio::spawn(echo(stream));
                }
            });
            Ok(port)
        })
        .await
    }

    /// What a server at a port answers.
    #[function]
    async fn ask(port: u16, question: Vec<u8>) -> io::Result<Vec<u8>> {
        within(async move {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
            stream.write_all(&question).await?;
            stream.shutdown().await?;
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await?;
            Ok(answer)
        })
        .await
    }

    /// Calls a function from a thread of the runtime's, which is attached for that time only.
    #[function]
    async fn call_elsewhere(function: Root, number: i64) -> Result<i64, Box<dyn std::error::Error + Send + Sync>> {
        let called = spawn(async move {
            wait(Duration::from_millis(1)).await;
            function.call::<_, i64>((number,))
        });
        Ok(called.await??)
    }

    /// How many futures that count are alive in the process.
    #[function]
    fn alive() -> usize {
        ALIVE.load(Ordering::SeqCst)
    }
}
