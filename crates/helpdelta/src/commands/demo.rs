//! `demo`: everything without an account. The helpdesks are simulated; the run is the real one.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use helpdelta_core::Month;
use helpdelta_lakehouse::RowFilter;
use helpdelta_simulator::{Population, RateLimit, Running, Simulator};
use jiff::civil::Date;
use toml::Value;

use super::{Context, invalid_settings, refuse_existing, show, sync};
use crate::arguments::DemoArguments;
use crate::exit::{Exit, Failure, Outcome, with_causes};
use crate::hints;
use crate::run::{Selection, execute, exit_of, open, prepare};
use crate::settings::layers::Layers;
use crate::settings::{DEFAULT_FILE, Settings};

const ROSTER_FILE: &str = "clients.csv";

/// Client, domain, channels and agents of each simulated helpdesk.
const CLIENTS: [(&str, &str, &str, u32); 3] = [
    ("Acme", "acme", "\"email, chat\"", 6),
    ("Globex Outdoor", "globex", "all", 8),
    ("Initech", "initech", "email", 4),
];

/// Simulates, syncs twice and shows the newest month.
pub(super) async fn demo(arguments: &DemoArguments, context: &Context<'_>) -> Outcome {
    let temporary = tempfile::tempdir().map_err(|error| not_written(&error))?;
    let folder = arguments.folder.as_deref().unwrap_or(temporary.path());
    for name in [DEFAULT_FILE, ROSTER_FILE, "lakehouse"] {
        // Made-up figures must not come near real ones.
        refuse_existing(&folder.join(name), "Name a new folder: helpdelta demo --folder FOLDER.")?;
    }
    fs_err::create_dir_all(folder).map_err(|error| not_written(&error))?;
    let printer = context.printer;
    let layers = Layers::read(None, &|_| None).map_err(|error| invalid_settings(&error))?;
    let zone = Settings::resolve(&layers).map_err(|error| invalid_settings(&error))?.zone;
    let (running, roster) = serve(zone.day_at(context.now)).await?;
    let settings = settings(folder, &running, &roster)?;
    printer.line(&format!("Three simulated helpdesks answer at {}\n", running.base_url_template()))?;

    let prepared = prepare(&settings, &Selection::default(), context).await?;
    let report = execute(&prepared, &settings, context).await?;
    printer.line(&format!("The first run:\n{}\n", sync::summary(&report)))?;
    let again = execute(&prepared, &settings, context).await?;
    printer.line(&format!(
        "The same run again, which finds nothing new and writes nothing:\n{}\n",
        sync::summary(&again)
    ))?;
    running.shutdown().await;

    if let Some((_, month)) = prepared.months() {
        printer.line(&newest_month(&settings, month).await?)?;
    }
    let left = match &arguments.folder {
        Some(folder) => format!(
            "Settings, roster and table are in {0}. Look around:\n  helpdelta show --config {0}/{DEFAULT_FILE}\n  \
             helpdelta query --config {0}/{DEFAULT_FILE} \"SELECT Client, COUNT(*) FROM Monthly_Dashboard GROUP BY Client\"",
            folder.display()
        ),
        None => {
            "Everything was in a temporary folder and is gone; keep it with: helpdelta demo --folder demo".to_owned()
        }
    };
    printer.line(&format!("\n{left}"))?;
    Ok(exit_of(&report))
}

async fn newest_month(settings: &Settings, month: Month) -> Result<String, Failure> {
    let filter = RowFilter { months: Some((month, month)), ..RowFilter::default() };
    let rows = open(settings).await?.rows(&filter).await.map_err(|error| hints::for_table(&error))?;
    Ok(show::text(month, &rows))
}

/// Starts the helpdesks; also gives the roster that goes with them.
async fn serve(as_of: Date) -> Result<(Running, String), Failure> {
    let impossible = |message: String| Failure::new(Exit::Unexpected, "simulation", message, "Please report this.");
    let mut roster = "Client,Authentication,Channel,Domain\n".to_owned();
    let mut helpdesks = Vec::new();
    for (client, domain, channels, agents) in CLIENTS {
        let domain = domain.parse().map_err(|error: helpdelta_core::InvalidDomain| impossible(error.to_string()))?;
        let population = Population::new(domain, as_of).map_err(|error| impossible(error.to_string()))?;
        let helpdesk = Population { agents, ..population }.generate();
        let mut helpdesk = helpdesk.map_err(|error| impossible(error.to_string()))?;
        // That of an OAuth2 application, so that the second run need not wait for the first one's requests to drain.
        helpdesk.behaviour.rate_limit = RateLimit { size: 80, ..RateLimit::API_KEY };
        roster.push_str(&format!("{client},{},{channels},{}\n", helpdesk.token(), helpdesk.domain));
        helpdesks.push(helpdesk);
    }
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let running = Simulator::new(helpdesks).serve(address).await;
    let running = running.map_err(|error| impossible(with_causes(&error)))?;
    Ok((running, roster))
}

/// Writes settings and roster, and resolves them as `sync` would.
fn settings(folder: &Path, running: &Running, roster: &str) -> Result<Settings, Failure> {
    fs_err::write(folder.join(ROSTER_FILE), roster).map_err(|error| not_written(&error))?;
    let base_url = Value::String(running.base_url_template());
    let file = folder.join(DEFAULT_FILE);
    fs_err::write(&file, format!("[gorgias]\nbase_url = {base_url}\n\n[roster]\nfile = \"clients.csv\"\n\n[table]\nuri = \"lakehouse/Monthly_Dashboard\"\n"))
        .map_err(|error| not_written(&error))?;
    let layers = Layers::read(Some(&file), &|_| None).map_err(|error| invalid_settings(&error))?;
    Settings::resolve(&layers).map_err(|error| invalid_settings(&error))
}

fn not_written(error: &std::io::Error) -> Failure {
    Failure::new(
        Exit::Usage,
        "not_writable",
        error.to_string(),
        "Choose a folder that you may write to: --folder FOLDER.",
    )
}
