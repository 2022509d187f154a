use std::time::Duration;

/// Rates a minute, averaged over 1, 5 and 15 minutes as the load of a system is.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Load {
    last: u64,
    pub(super) averages: [f64; MINUTES.len()],
}

pub(super) const MINUTES: [u32; 3] = [1, 5, 15];

impl Load {
    /// Takes in what a counter has grown to, `elapsed` after the last time.
    pub(super) fn update(&mut self, counter: u64, elapsed: Duration) {
        let seconds = elapsed.as_secs_f64();
        if seconds <= 0.0 {
            return;
        }
        #[expect(clippy::cast_precision_loss, reason = "a rate is shown with two digits")]
        let rate = counter.saturating_sub(self.last) as f64 / seconds * 60.0;
        self.last = counter;
        for (average, minutes) in self.averages.iter_mut().zip(MINUTES) {
            let kept = (-seconds / f64::from(minutes * 60)).exp();
            *average = rate + kept * (*average - rate);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_rate_is_reached_sooner_over_fewer_minutes() {
        let mut load = Load::default();
        for second in 1..=60 {
            load.update(second * 10, Duration::from_secs(1));
        }
        // 1 - 1/e of 600 a minute, as in mosquitto.
        let [one, five, fifteen] = load.averages;
        assert!((one - 379.27).abs() < 0.01, "{one}");
        assert!((five - 108.76).abs() < 0.01, "{five}");
        assert!((fifteen - 38.70).abs() < 0.01, "{fifteen}");
        // Nothing happens at the same instant.
        load.update(9999, Duration::ZERO);
        assert!((load.averages[0] - one).abs() < 1e-9);
    }
}
