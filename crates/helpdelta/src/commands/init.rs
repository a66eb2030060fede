//! `init`: a commented settings file and a sample roster.

use std::fmt::Write as _;
use std::path::Path;

use crate::arguments::InitArguments;
use crate::commands::{Context, refuse_existing};
use crate::exit::{Exit, Failure, Outcome};
use crate::settings::DEFAULT_FILE;
use crate::settings::keys::KEYS;

const ROSTER_FILE: &str = "clients.csv";

const ROSTER: &str = "\
Client,Authentication,Channel,Domain,Active
Acme,env:ACME_GORGIAS_TOKEN,\"email, chat\",acme,no
Globex,file:secrets/globex.token,all,globex-shop,no
";

/// Writes both files, never over existing ones.
pub(super) fn init(arguments: &InitArguments, context: &Context<'_>) -> Outcome {
    let folder = &arguments.folder;
    let files = [(folder.join(DEFAULT_FILE), settings_file()), (folder.join(ROSTER_FILE), ROSTER.to_owned())];
    for (path, _) in &files {
        refuse_existing(path, "Name another folder: helpdelta init FOLDER.")?;
    }
    fs_err::create_dir_all(folder).map_err(|error| not_written(folder, &error))?;
    for (path, text) in &files {
        fs_err::write(path, text).map_err(|error| not_written(folder, &error))?;
        context.printer.line(&format!("wrote {}", path.display()))?;
    }
    context.printer.line(
        "\nNext:\n  1. Put your clients into clients.csv: the Base64 form of email:api_key, or env:NAME or file:PATH, and \
         yes in the column Active.\n  2. helpdelta sync --dry-run   shows what would be asked\n  3. helpdelta sync",
    )?;
    Ok(Exit::Success)
}

fn not_written(folder: &Path, error: &std::io::Error) -> Failure {
    let hint = format!("Choose a folder that you may write to instead of {}.", folder.display());
    Failure::new(Exit::Usage, "not_writable", error.to_string(), hint)
}

/// Every setting with its meaning and default; the common ones as settings, the others as comments.
fn settings_file() -> String {
    let mut text = String::from(
        "# Settings of helpdelta. A flag beats an environment variable (HELPDELTA_TABLE_URI), which beats this file.\n\
         # Paths start at the folder of this file.\n",
    );
    let mut section = "";
    for key in &KEYS {
        if key.section != section {
            section = key.section;
            // Writing to a string cannot fail.
            let _ = write!(text, "\n[{section}]\n");
        }
        let mark = if key.common { "" } else { "# " };
        let _ = write!(text, "# {}\n{mark}{} = {}\n", key.meaning, key.name, key.default);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;
    use crate::settings::layers::Layers;

    #[test]
    fn the_file_resolves_as_it_is_and_with_every_comment_taken_away() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(DEFAULT_FILE);
        let text = settings_file();
        let bare: String = text
            .lines()
            .map(|line| line.strip_prefix("# ").filter(|line| line.contains(" = ")).unwrap_or(line))
            .flat_map(|line| [line, "\n"])
            .collect();
        for text in [&text, &bare] {
            std::fs::write(&path, text).expect("written");
            Settings::resolve(&Layers::read(Some(&path), &|_| None).expect("layers")).expect("settings");
        }
    }

    #[test]
    fn the_file_explains_every_setting() {
        insta::assert_snapshot!(settings_file());
    }
}
