//! How long ago something was, as kubectl says it (`HumanDuration` of apimachinery's `util/duration`).

use jiff::Timestamp;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;

/// `45s`, `3m20s`, `12m`, `5h`, `2d`: the time from one moment to another, in at most two units. None passes backwards.
pub(crate) fn between(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(then).as_secs().max(0);
    let two = |large: i64, name: char, small: i64, small_name: char| {
        let (count, rest) = (seconds / large, seconds % large / small);
        if rest == 0 { format!("{count}{name}") } else { format!("{count}{name}{rest}{small_name}") }
    };
    if seconds < 2 * MINUTE {
        format!("{seconds}s")
    } else if seconds < 10 * MINUTE {
        two(MINUTE, 'm', 1, 's')
    } else if seconds < 3 * HOUR {
        format!("{}m", seconds / MINUTE)
    } else if seconds < 8 * HOUR {
        two(HOUR, 'h', MINUTE, 'm')
    } else if seconds < 2 * DAY {
        format!("{}h", seconds / HOUR)
    } else if seconds < 8 * DAY {
        two(DAY, 'd', HOUR, 'h')
    } else if seconds < 2 * YEAR {
        format!("{}d", seconds / DAY)
    } else if seconds < 8 * YEAR {
        two(YEAR, 'y', DAY, 'd')
    } else {
        format!("{}y", seconds / YEAR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(-5, "0s")]
    #[case(0, "0s")]
    #[case(119, "119s")]
    #[case(120, "2m")]
    #[case(125, "2m5s")]
    #[case(600, "10m")]
    #[case(3 * HOUR, "3h")]
    #[case(3 * HOUR + 61, "3h1m")]
    #[case(30 * HOUR, "30h")]
    #[case(50 * HOUR, "2d2h")]
    #[case(9 * DAY, "9d")]
    #[case(3 * YEAR + DAY, "3y1d")]
    #[case(9 * YEAR, "9y")]
    fn as_kubectl_says_it(#[case] seconds: i64, #[case] expected: &str) {
        let then = Timestamp::from_second(1_000_000_000).unwrap();
        let now = Timestamp::from_second(1_000_000_000 + seconds).unwrap();
        assert_eq!(between(then, now), expected);
    }
}
