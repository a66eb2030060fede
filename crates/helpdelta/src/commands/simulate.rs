//! `simulate`: helpdesks on this machine, for anyone who wants to try a client.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use helpdelta_core::Domain;
use helpdelta_simulator::{Helpdesk, Population, Simulator};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::arguments::SimulateArguments;
use crate::commands::{Context, refuse_existing};
use crate::exit::{Exit, Failure, Outcome, with_causes};

/// Serves until interrupted.
pub(super) async fn simulate(arguments: &SimulateArguments, context: &Context<'_>) -> Outcome {
    let as_of = arguments.as_of.unwrap_or_else(|| TimeZone::UTC.to_datetime(context.now).date());
    let helpdesks = (1..=arguments.accounts)
        .map(|number| helpdesk(arguments, &format!("client-{number}"), as_of))
        .collect::<Result<Vec<_>, _>>()?;
    if let Some(path) = &arguments.roster {
        refuse_existing(path, "Name a new file.")?;
        fs_err::write(path, roster(&helpdesks)).map_err(|error| {
            Failure::new(Exit::Usage, "not_writable", error.to_string(), "Name a file that you may write to.")
        })?;
        context.printer.remark(&format!("wrote the roster {}", path.display()));
    }
    let simulator = Simulator::new(helpdesks);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, arguments.port));
    let running = simulator.serve(address).await.map_err(|error| {
        let hint = "Choose another port with --port, or 0 for a free one.";
        Failure::new(Exit::Usage, "not_served", with_causes(&error), hint)
    })?;
    context.printer.line(&running.base_url_template())?;
    context.printer.remark("That is gorgias.base_url. Press Ctrl-C to stop.");
    // To be interrupted is how it ends.
    let _protection = context.interruption.protect();
    context.interruption.asked().await;
    running.shutdown().await;
    Ok(Exit::Success)
}

fn helpdesk(arguments: &SimulateArguments, domain: &str, as_of: Date) -> Result<Helpdesk, Failure> {
    let impossible = |message: String| Failure::new(Exit::Usage, "simulation", message, "Choose other sizes.");
    let domain: Domain =
        domain.parse().map_err(|error: helpdelta_core::InvalidDomain| impossible(error.to_string()))?;
    let population = Population::new(domain, as_of).map_err(|error| impossible(error.to_string()))?;
    let population = Population {
        seed: arguments.seed,
        months: arguments.months,
        agents: arguments.agents.into(),
        tickets_per_agent_and_month: arguments.tickets.into(),
        ..population
    };
    let mut helpdesk = population.generate().map_err(|error| impossible(error.to_string()))?;
    helpdesk.behaviour.rate_limit.size = arguments.limit;
    helpdesk.behaviour.latency = Duration::from_millis(arguments.latency_millis);
    Ok(helpdesk)
}

/// A roster of every helpdesk, over all channels.
fn roster(helpdesks: &[Helpdesk]) -> String {
    let lines = helpdesks.iter().map(|helpdesk| format!("{},{},all\n", helpdesk.domain, helpdesk.token()));
    std::iter::once("Client,Authentication,Channel\n".to_owned()).chain(lines).collect()
}
