//! So many requests a second and no more, evenly spread.

use {
    std::{
        sync::{Mutex, PoisonError},
        time::Duration,
    },
    tokio::time::Instant,
};

/// A pace that all requests of one client or several share.
#[derive(Debug)]
pub struct Pace {
    apart: Duration,
    next: Mutex<Option<Instant>>,
}

impl Pace {
    /// So many requests a second.
    pub fn new(qps: u32) -> Self {
        Self { apart: Duration::from_secs(1) / qps.max(1), next: Mutex::default() }
    }

    /// Waits for one's turn.
    pub async fn wait(&self) {
        let turn = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let turn = next.map_or_else(Instant::now, |it| it.max(Instant::now()));
            *next = Some(turn + self.apart);
            turn
        };
        tokio::time::sleep_until(turn).await;
    }
}

#[cfg(test)]
mod tests {
    use {super::*, std::sync::Arc};

    #[tokio::test(start_paused = true)]
    async fn turns_are_evenly_spread() {
        let (pace, begun) = (Pace::new(50), Instant::now());
        for _ in 0..=50 {
            pace.wait().await;
        }
        assert_eq!(begun.elapsed().as_millis(), 1000);
    }

    #[tokio::test(start_paused = true)]
    async fn those_who_share_a_pace_wait_for_each_other() {
        let (pace, begun) = (Arc::new(Pace::new(50)), Instant::now());
        let other = Arc::clone(&pace);
        for _ in 0..25 {
            pace.wait().await;
            other.wait().await;
        }
        assert_eq!(begun.elapsed().as_millis(), 980);
    }
}
