//! The simulator as a client sees it: in process over its router, and once over a socket.

#[cfg(test)]
mod dialects;
#[cfg(test)]
mod endpoints;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod google_sheets;
#[cfg(test)]
mod google_support;
#[cfg(test)]
mod google_token;
#[cfg(test)]
mod legacy;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod population;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod reporting;
#[cfg(test)]
mod sockets;
#[cfg(test)]
mod support;
