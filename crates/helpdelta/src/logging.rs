//! Log lines on standard error.

use tracing_subscriber::EnvFilter;

use crate::arguments::LogFormat;

/// Begins logging. Nothing but errors unless asked for; Delta's own lines only with `-vv`, because it logs an error
/// for every place that has no table yet.
pub(crate) fn begin(verbose: u8, format: LogFormat) {
    let filter = match verbose {
        0 => "off,helpdelta=error,helpdelta_gorgias=error,helpdelta_lakehouse=error",
        1 => "off,helpdelta=info,helpdelta_gorgias=info,helpdelta_lakehouse=info",
        _ => "warn,helpdelta=debug,helpdelta_gorgias=debug,helpdelta_lakehouse=debug",
    };
    let builder = tracing_subscriber::fmt().with_env_filter(EnvFilter::new(filter)).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => builder.with_ansi(false).init(),
        LogFormat::Json => builder.json().init(),
    }
}
