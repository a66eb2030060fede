//! Signals that ask the process to end.

use tokio::sync::watch;

use crate::exit::Exit;

/// Watches for Ctrl-C and SIGTERM for the whole life of the process: the first one is told to whoever waits for it, so
/// that a command ends at its next safe point; the second one ends the process at once.
#[derive(Clone, Debug)]
pub(crate) struct Interruption {
    asked: watch::Receiver<bool>,
}

impl Interruption {
    /// Begins watching.
    pub(crate) fn watch() -> Self {
        let (sender, asked) = watch::channel(false);
        tokio::spawn(async move {
            signal().await;
            sender.send_replace(true);
            signal().await;
            // The user asked twice; nothing must hold the process any longer.
            std::process::exit(Exit::Interrupted.code().into());
        });
        Self { asked }
    }

    /// Ends when the process was asked to end.
    pub(crate) async fn asked(&self) {
        // Without a sender nobody can ask, so nothing ever ends here.
        if self.asked.clone().wait_for(|asked| *asked).await.is_err() {
            std::future::pending::<()>().await;
        }
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
