//! Signals that ask the process to end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::watch;

use crate::exit::Exit;

/// Watches for Ctrl-C and SIGTERM for the whole life of the process, on a thread of its own that no query can starve.
///
/// The first signal ends the command at once, or when it leaves the section that it protects; the second one ends the
/// process wherever it is.
#[derive(Clone, Debug)]
pub(crate) struct Interruption {
    asked: watch::Receiver<bool>,
    protected: Arc<AtomicUsize>,
    left: watch::Sender<()>,
}

/// A section that the first signal does not end, until it is dropped.
#[derive(Debug)]
pub(crate) struct Protection {
    protected: Arc<AtomicUsize>,
    left: watch::Sender<()>,
}

impl Drop for Protection {
    fn drop(&mut self) {
        self.protected.fetch_sub(1, Ordering::SeqCst);
        self.left.send_replace(());
    }
}

impl Interruption {
    /// Begins watching.
    ///
    /// # Errors
    ///
    /// The system gives no thread for it.
    pub(crate) fn watch() -> std::io::Result<Self> {
        let (sender, asked) = watch::channel(false);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            runtime.block_on(async {
                signal().await;
                sender.send_replace(true);
                signal().await;
                // The user asked twice; nothing must hold the process any longer.
                std::process::exit(Exit::Interrupted.code().into());
            });
        })?;
        Ok(Self { asked, protected: Arc::default(), left: watch::Sender::new(()) })
    }

    /// Ends when the process was asked to end.
    pub(crate) async fn asked(&self) {
        // Without a sender nobody can ask, so nothing ever ends here.
        if self.asked.clone().wait_for(|asked| *asked).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Ends when the process was asked to end and is in no protected section.
    pub(crate) async fn effective(&self) {
        self.asked().await;
        let mut left = self.left.subscribe();
        while self.protected.load(Ordering::SeqCst) > 0 {
            if left.changed().await.is_err() {
                return;
            }
        }
    }

    /// Begins a section that must come to its end, such as a commit.
    pub(crate) fn protect(&self) -> Protection {
        self.protected.fetch_add(1, Ordering::SeqCst);
        Protection { protected: Arc::clone(&self.protected), left: self.left.clone() }
    }
}

async fn signal() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
        if let Ok(mut terminate) = terminate {
            tokio::select! { _ = interrupt => {}, _ = terminate.recv() => {} }
            return;
        }
    }
    let _ = interrupt.await;
}
