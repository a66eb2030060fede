//! Who works in a made-up helpdesk, and how.

use std::ops::RangeInclusive;

use rand::RngExt as _;

use super::random::SplitMix64;
use super::{DAY, Population, instant};
use crate::helpdesk::User;

const FIRST_NAMES: [&str; 20] = [
    "Maya",
    "Zo\u{eb}",
    "Jos\u{e9}",
    "S\u{f8}ren",
    "Ay\u{15f}e",
    "\u{141}ukasz",
    "Ngozi",
    "Ravi",
    "Mei",
    "Oluwaseun",
    "Ines",
    "Tom\u{e1}\u{161}",
    "Fatima",
    "Jonas",
    "Priya",
    "Chlo\u{e9}",
    "Diego",
    "Hana",
    "Kwame",
    "Sofia",
];
const LAST_NAMES: [&str; 17] = [
    "Lind",
    "Garc\u{ed}a",
    "Nakamura",
    "O'Brien",
    "M\u{fc}ller",
    "Okafor",
    "Nguy\u{1ec5}n",
    "Petrov",
    "Santos",
    "Kowalski",
    "Haddad",
    "\u{d8}stby",
    "Mensah",
    "Fern\u{e1}ndez",
    "Chen",
    "Dubois",
    "Van der Berg",
];

/// How somebody works. Percentages are whole numbers; 100 is average.
#[derive(Clone, Debug)]
pub(super) struct Profile {
    pub(super) id: i64,
    /// How much of the workload.
    pub(super) workload_percent: i64,
    /// How long replies take.
    pub(super) slowness_percent: i64,
    /// By how much slowness changes each month; negative is getting faster.
    pub(super) monthly_change_percent: i64,
    /// How many tickets are done with one reply.
    pub(super) one_touch_percent: u32,
    /// How many answered surveys get top marks.
    pub(super) happiness_percent: u32,
    /// The second of the day at which work begins; it takes nine hours.
    pub(super) shift_start_secs: i64,
    /// The months with activity.
    pub(super) months: RangeInclusive<u32>,
    /// A month of them without any.
    pub(super) pause: Option<u32>,
    /// Every so-manieth month no customer answers a survey.
    pub(super) mute_every: u32,
    /// The number from which random choices follow.
    pub(super) stream: u64,
}

impl Profile {
    pub(super) fn is_at_work(&self, month: u32) -> bool {
        self.months.contains(&month) && self.pause != Some(month)
    }
}

/// Everybody who leaves traces.
pub(super) struct Cast {
    /// Those whom `GET /api/users` lists.
    pub(super) users: Vec<User>,
    /// Those who handle tickets. The agency's agents come first.
    pub(super) profiles: Vec<Profile>,
    /// How many of the profiles are the agency's.
    pub(super) agents: usize,
}

/// Casts a helpdesk whose first month begins at `first`, in seconds since the epoch.
pub(super) fn cast(population: &Population, first: i64) -> Cast {
    let last_month = u32::from(population.months) + 1;
    let mut id = 48_000_000 + i64::try_from(population.number("ids", 0) % 900_000).unwrap_or_default();
    let mut users = Vec::new();
    let mut profiles = Vec::new();
    for index in 0..population.agents {
        let mut random = population.generator("agent", u64::from(index));
        id += random.random_range(3..900);
        let profile = agent_profile(&mut random, id, index, last_month);
        users.push(agent(population, id, index, &profile, first));
        profiles.push(profile);
    }
    let agents = profiles.len();
    let others = [
        ("Gorgias Bot", format!("{:016x}@email.gorgias.example", population.number("bot", 0)), "bot"),
        ("Client Admin", format!("owner@{}.example", population.domain), "admin"),
        ("Former Colleague", format!("gone@{}", population.agent_email_host), "agent"),
    ];
    for (index, (name, email, role)) in (0_u64..).zip(others) {
        let mut random = population.generator("other", index);
        id += random.random_range(3..900);
        let mut profile = agent_profile(&mut random, id, 0, last_month);
        profile.workload_percent = 20;
        profile.stream = 1_000_000 + index;
        // The third has left: half of the months of tickets, and no entry in the list of users.
        if index == 2 {
            profile.months = 0..=last_month / 2;
        } else {
            let user = User::new(id, name, &email, role);
            users.push(User { created: instant(first - 390 * DAY), updated: Some(instant(first)), ..user });
        }
        profiles.push(profile);
    }
    Cast { users, profiles, agents }
}

fn agent_profile(random: &mut SplitMix64, id: i64, index: u32, last_month: u32) -> Profile {
    let months = match index % 7 {
        3 => last_month / 3..=last_month,
        6 => 0..=last_month / 2,
        _ => 0..=last_month,
    };
    let pause = (index % 4 == 1 && last_month > 2).then(|| random.random_range(1..last_month));
    Profile {
        id,
        workload_percent: random.random_range(60..=140),
        slowness_percent: random.random_range(50..=180),
        monthly_change_percent: random.random_range(-3..=2),
        one_touch_percent: random.random_range(25..=65),
        happiness_percent: random.random_range(35..=80),
        shift_start_secs: random.random_range(7 * 4..=10 * 4) * 900,
        months,
        pause,
        mute_every: random.random_range(5..=9),
        stream: u64::from(index),
    }
}

fn agent(population: &Population, id: i64, index: u32, profile: &Profile, first: i64) -> User {
    // The second agent has the first one's name: names are no key.
    let name_index = if index == 1 { 0 } else { index };
    let pick = |names: &[&'static str], number: u32| -> &'static str {
        let count = u32::try_from(names.len()).unwrap_or(1).max(1);
        usize::try_from(number % count).ok().and_then(|place| names.get(place).copied()).unwrap_or_default()
    };
    let firstname = pick(&FIRST_NAMES, name_index);
    let lastname = if index == 2 { "" } else { pick(&LAST_NAMES, name_index * 7 + name_index / 20) };
    let letters: String = firstname.chars().filter(char::is_ascii_alphabetic).collect();
    let email = format!("{}.{}@{}", letters.to_lowercase(), index + 1, population.agent_email_host);
    let email = if index == 3 { email.to_uppercase() } else { email };
    // With an empty last name, Gorgias' own full name ends in a blank.
    let user = User::new(id, &format!("{firstname} {lastname}"), &email, "agent");
    let created = instant(first - 300 * DAY + i64::from(index) * 3_600 + 11);
    let last_month = u32::from(population.months) + 1;
    let left = (*profile.months.end() < last_month).then(|| first + i64::from(*profile.months.end() + 1) * 31 * DAY);
    User {
        active: left.is_none(),
        created,
        updated: Some(created),
        deactivated: left.map(instant),
        timezone: Some(population.timezone.iana_name().to_owned()),
        language: Some("en".to_owned()),
        ..user
    }
}
