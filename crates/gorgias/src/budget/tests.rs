use proptest::prelude::*;
use rstest::rstest;

use super::*;

async fn admit_many(budget: &Budget, count: usize) -> Vec<Duration> {
    let started = Instant::now();
    let mut times = Vec::new();
    for _ in 0..count {
        drop(budget.admit().await);
        times.push(started.elapsed());
    }
    times
}

#[rstest]
#[case::documented("10/40", Some((10, 40)))]
#[case::oauth("15/80", Some((15, 80)))]
#[case::blanks(" 1 / 40 ", Some((1, 40)))]
#[case::empty_bucket("0/40", Some((0, 40)))]
#[case::no_size("1/0", None)]
#[case::junk("many", None)]
#[case::negative("-1/40", None)]
fn the_call_limit_is_read_or_ignored(#[case] value: &str, #[case] expected: Option<(u32, u32)>) {
    assert_eq!(CallLimit::parse(value), expected.map(|(used, size)| CallLimit { used, size }));
}

#[tokio::test(start_paused = true)]
async fn a_burst_fills_the_share_and_then_two_a_second_follow() {
    let budget = Budget::new(0.9);
    let times = admit_many(&budget, 56).await;
    assert_eq!(times[35], Duration::ZERO);
    assert!(times[36] >= Duration::from_millis(500), "{:?}", times[36]);
    let last = times[55].as_secs_f64();
    assert!((10.0..10.2).contains(&last), "20 requests beyond the burst took {last} s");
}

#[tokio::test(start_paused = true)]
async fn a_pause_stops_the_whole_account() {
    let budget = Budget::new(0.9);
    budget.pause(Duration::from_secs(30));
    let times = admit_many(&budget, 2).await;
    assert!(times[0] >= Duration::from_secs(30), "{times:?}");
    assert_eq!(times[0], times[1]);
}

#[tokio::test(start_paused = true)]
async fn a_second_pause_never_shortens_the_first() {
    let budget = Budget::new(0.9);
    budget.pause(Duration::from_secs(30));
    budget.pause(Duration::from_secs(1));
    assert!(admit_many(&budget, 1).await[0] >= Duration::from_secs(30));
}

#[tokio::test(start_paused = true)]
async fn somebody_else_s_requests_count_too() {
    let budget = Budget::new(0.9);
    let admission = budget.admit().await;
    admission.answered(Some(CallLimit { used: 36, size: 40 }));
    drop(admission);
    assert!(admit_many(&budget, 1).await[0] >= Duration::from_millis(500));
}

#[tokio::test(start_paused = true)]
async fn a_bucket_that_drains_faster_than_documented_is_noticed() {
    let budget = Budget::new(0.9);
    admit_many(&budget, 36).await;
    let admission = budget.admit().await;
    admission.answered(Some(CallLimit { used: 1, size: 40 }));
    drop(admission);
    assert_eq!(admit_many(&budget, 35).await[34], Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn an_old_answer_does_not_hide_requests_sent_since() {
    let budget = Budget::new(0.9);
    let first = budget.admit().await;
    admit_many(&budget, 35).await;
    first.answered(Some(CallLimit { used: 1, size: 40 }));
    drop(first);
    assert!(admit_many(&budget, 1).await[0] >= Duration::from_millis(500));
}

#[tokio::test(start_paused = true)]
async fn a_count_beyond_the_bucket_stalls_nobody() {
    let budget = Budget::new(0.9);
    let admission = budget.admit().await;
    admission.answered(Some(CallLimit { used: 4_000_000_000, size: 40 }));
    drop(admission);
    assert!(admit_many(&budget, 1).await[0] < Duration::from_secs(4));
}

#[tokio::test(start_paused = true)]
async fn a_larger_bucket_is_used() {
    let budget = Budget::new(0.5);
    let admission = budget.admit().await;
    admission.answered(Some(CallLimit { used: 1, size: 80 }));
    drop(admission);
    assert_eq!(admit_many(&budget, 39).await[38], Duration::ZERO);
    assert!(admit_many(&budget, 1).await[0] > Duration::ZERO);
}

#[rstest]
#[case(0.9, 36)]
#[case(1.0, 40)]
#[case(0.01, 1)]
fn the_burst_is_the_share_of_the_documented_limit(#[case] share: f64, #[case] expected: u32) {
    assert_eq!(Budget::burst(share), expected);
}

/// The helpdesk's own bucket, as `gorgias-api.md` 2.1 describes it.
struct Helpdesk {
    level: f64,
    at: Instant,
}

impl Helpdesk {
    /// Counts a request; none when the bucket is full.
    fn count(&mut self) -> Option<CallLimit> {
        let now = Instant::now();
        self.level = (self.level - (now - self.at).as_secs_f64() * 2.0).max(0.0);
        self.at = now;
        if self.level + 1.0 > 40.0 {
            return None;
        }
        self.level += 1.0;
        #[expect(clippy::as_conversions, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0..=40")]
        let used = self.level.ceil() as u32;
        Some(CallLimit { used, size: 40 })
    }
}

proptest! {
    /// Law 7, whatever the order of the answers: requests are sent at once, answered in any order, any time later.
    #[test]
    fn the_helpdesk_never_throttles_a_client_that_is_alone(
        delays in prop::collection::vec((0..400_u64, 0..3_000_u64), 1..150)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.expect("a runtime").block_on(async {
            let budget = Budget::new(0.9);
            let helpdesk = Mutex::new(Helpdesk { level: 0.0, at: Instant::now() });
            let requests = delays.into_iter().map(|(to_helpdesk, back)| {
                let (budget, helpdesk) = (&budget, &helpdesk);
                async move {
                    let admission = budget.admit().await;
                    tokio::time::sleep(Duration::from_millis(to_helpdesk)).await;
                    let limit = helpdesk.lock().expect("a helpdesk").count();
                    tokio::time::sleep(Duration::from_millis(back)).await;
                    admission.answered(limit);
                    limit.is_some()
                }
            });
            let answers = futures::future::join_all(requests).await;
            assert!(answers.into_iter().all(|allowed| allowed), "throttled");
        });
    }
}
