//! A roster in a Google Sheet (`gorgias-api.md` 8).
//!
//! Two servers: the one at the key file's `token_uri` gives an access token for a JWT that the service account's key
//! has signed, and Sheets gives the cells. The scope is reading spreadsheets and nothing more. [`GoogleSheet::read`] is
//! one read of one worksheet; nothing is kept between two reads. Neither the key nor the assertion, the token or a cell
//! is ever part of an error or of `Debug`.
//!
//! `key` and `token` hold the sign-in, `sheets` the API, `transport` and `retry` the network, `error` the meanings.

mod error;
mod key;
mod retry;
mod service_url;
mod sheets;
mod spreadsheet_id;
mod token;
mod transport;

use std::fmt;

use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::grid::{Grid, GridRow, Origin};

pub use error::{GoogleServer, SheetError};
pub use key::{InvalidKey, KeyFileError, ServiceAccountKey};
pub use retry::SheetRetry;
pub use service_url::{InvalidServiceUrl, ServiceUrl};
pub use spreadsheet_id::{InvalidSpreadsheetId, SpreadsheetId};
pub use transport::{HttpClientError, SheetLimits};

use transport::{Content, HttpTransport, Transport, TransportRequest, TransportResponse};

/// Which worksheet is the roster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetSource {
    /// The spreadsheet.
    pub spreadsheet: SpreadsheetId,
    /// The worksheet's title; none for the first visible one.
    pub worksheet: Option<String>,
}

/// What is read, as whom, where and how patiently.
#[derive(Clone, Debug)]
pub struct SheetSettings {
    /// The worksheet.
    pub source: SheetSource,
    /// The service account that it is shared with.
    pub key: ServiceAccountKey,
    /// Where Sheets is; see [`ServiceUrl::google_sheets`].
    pub sheets_url: ServiceUrl,
    /// Ceilings.
    pub limits: SheetLimits,
    /// Patience.
    pub retry: SheetRetry,
}

impl SheetSettings {
    /// Google's own address, with the default limits and patience.
    pub fn new(source: SheetSource, key: ServiceAccountKey) -> Self {
        let (limits, retry) = (SheetLimits::default(), SheetRetry::default());
        Self { source, key, sheets_url: ServiceUrl::google_sheets(), limits, retry }
    }
}

/// A worksheet as it was at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetReading {
    /// Its cells.
    pub grid: Grid,
    /// When it was read, by this machine's clock.
    pub fetched_at: Timestamp,
    /// This machine's clock less Google's: positive when this machine is ahead. None when Google did not say.
    pub clock_skew_secs: Option<i64>,
}

/// A worksheet that can be read.
#[derive(Debug)]
pub struct GoogleSheet {
    reader: SheetReader<HttpTransport>,
}

impl GoogleSheet {
    /// Sets up the connections; nothing is sent yet. `now` is this machine's clock.
    ///
    /// # Errors
    ///
    /// The platform's certificates or proxy settings cannot be used.
    pub fn new(
        settings: SheetSettings,
        now: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> Result<Self, HttpClientError> {
        let loopback = settings.key.token_uri().is_loopback();
        let token_server = HttpTransport::new(&settings.limits, loopback)?;
        let sheets_server = if settings.sheets_url.is_loopback() == loopback {
            token_server.clone()
        } else {
            HttpTransport::new(&settings.limits, !loopback)?
        };
        Ok(Self { reader: SheetReader { settings, token_server, sheets_server, now: Box::new(now) } })
    }

    /// Which worksheet this is.
    pub fn source(&self) -> &SheetSource {
        &self.reader.settings.source
    }

    /// Reads every cell, as displayed. Row numbers are those of the sheet.
    ///
    /// # Errors
    ///
    /// Google refuses the key, the token or the sheet, cannot be reached, or the worksheet is empty.
    pub async fn read(&self) -> Result<SheetReading, SheetError> {
        self.reader.read().await
    }
}

struct SheetReader<T> {
    settings: SheetSettings,
    token_server: T,
    sheets_server: T,
    now: Box<dyn Fn() -> Timestamp + Send + Sync>,
}

impl<T> fmt::Debug for SheetReader<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SheetReader").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl<T: Transport> SheetReader<T> {
    async fn read(&self) -> Result<SheetReading, SheetError> {
        let limit = self.settings.limits.whole;
        let reading = tokio::time::timeout(limit, self.read_without_limit());
        reading.await.map_err(|_| SheetError::TimeLimit { limit })?
    }

    async fn read_without_limit(&self) -> Result<SheetReading, SheetError> {
        let SheetSource { spreadsheet, worksheet } = &self.settings.source;
        let mut session = Session { reader: self, bearer: self.bearer().await?, renewed: false };
        let title = match worksheet {
            Some(title) => title.clone(),
            None => session.first_visible().await?,
        };
        let response = session.get(&sheets::values_path(spreadsheet, &title)).await?;
        if worksheet.is_some() && sheets::is_bad_range(&response) {
            let existing: Vec<String> = session.worksheets().await?.into_iter().map(|sheet| sheet.title).collect();
            // A title that is there was refused for another reason.
            if !existing.contains(&title) {
                return Err(SheetError::NoSuchWorksheet { wanted: title, existing });
            }
        }
        let rows = sheets::rows(self.accepted(&response)?)?;
        let source_name = format!("Google Sheet {spreadsheet}, worksheet {}", printable(&title));
        let rows: Vec<GridRow> = (1..).zip(rows).map(|(number, cells)| GridRow { number, cells }).collect();
        if rows.iter().all(GridRow::is_blank) {
            return Err(SheetError::EmptySheet { source_name });
        }
        let fetched_at = (self.now)();
        Ok(SheetReading {
            grid: Grid { source_name, origin: Origin::GoogleSheet, rows },
            fetched_at,
            clock_skew_secs: response.date.map(|date| token::clock_skew_secs(fetched_at, date)),
        })
    }

    async fn bearer(&self) -> Result<SecretString, SheetError> {
        let SheetSettings { key, retry, .. } = &self.settings;
        token::bearer(&self.token_server, retry, key, &*self.now).await
    }

    fn accepted<'a>(&self, response: &'a TransportResponse) -> Result<&'a TransportResponse, SheetError> {
        if response.status == 200 {
            return Ok(response);
        }
        Err(sheets::refusal(response, &self.settings.source.spreadsheet, &self.settings.key))
    }
}

/// One read with one token, or two where the first is refused.
struct Session<'a, T> {
    reader: &'a SheetReader<T>,
    bearer: SecretString,
    renewed: bool,
}

impl<T: Transport> Session<'_, T> {
    async fn get(&mut self, path_and_query: &str) -> Result<TransportResponse, SheetError> {
        loop {
            let reader = self.reader;
            let SheetSettings { key, sheets_url, retry, .. } = &reader.settings;
            let content = Content::Get { authorization: self.bearer.clone() };
            let request = TransportRequest { url: sheets_url.of(path_and_query), content };
            let response = retry.send(&reader.sheets_server, GoogleServer::Sheets, request).await?;
            if response.status != 401 {
                return Ok(response);
            }
            if self.renewed {
                return Err(SheetError::TokenRefused { client_email: key.client_email().to_owned() });
            }
            self.bearer = reader.bearer().await?;
            self.renewed = true;
        }
    }

    async fn worksheets(&mut self) -> Result<Vec<sheets::Worksheet>, SheetError> {
        let response = self.get(&sheets::titles_path(&self.reader.settings.source.spreadsheet)).await?;
        sheets::worksheets(self.reader.accepted(&response)?)
    }

    async fn first_visible(&mut self) -> Result<String, SheetError> {
        let first = self.worksheets().await?.into_iter().find(|worksheet| !worksheet.hidden);
        let none = || SheetError::unexpected(GoogleServer::Sheets, "no visible worksheet");
        first.map(|worksheet| worksheet.title).ok_or_else(none)
    }
}

/// A title for messages: whoever names a worksheet must not move the reader's cursor.
fn printable(title: &str) -> String {
    title.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}

#[cfg(test)]
mod tests;
