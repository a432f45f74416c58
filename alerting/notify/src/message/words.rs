//! Every word of a message, in every language.

use std::str::FromStr;
use std::time::Duration;

use alerting_rules::{Band, Burn, Figures, Notification, NotificationReason, Severity};

use crate::message::amounts::{measured, multiple};

/// The language of a receiver's messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Chinese, simplified.
    Zh,
}

/// The labels of facts.
#[derive(Debug)]
pub(super) struct Labels {
    pub(super) service: &'static str,
    pub(super) burn_rate: &'static str,
    pub(super) value: &'static str,
    pub(super) budget_left: &'static str,
    pub(super) exhausted_in: &'static str,
    pub(super) exhausted: &'static str,
    pub(super) started: &'static str,
    pub(super) resolved: &'static str,
    pub(super) lasted: &'static str,
    pub(super) causes: &'static str,
    pub(super) traces: &'static str,
    pub(super) open: &'static str,
}

const ENGLISH: Labels = Labels {
    service: "Service",
    burn_rate: "Burn rate",
    value: "Value",
    budget_left: "Error budget left",
    exhausted_in: "Budget exhausted in",
    exhausted: "it is exhausted",
    started: "Started",
    resolved: "Resolved",
    lasted: "Lasted",
    causes: "What differs",
    traces: "Traces",
    open: "Open in slowburn",
};

const CHINESE: Labels = Labels {
    service: "服务",
    burn_rate: "消耗速率",
    value: "当前值",
    budget_left: "剩余错误预算",
    exhausted_in: "预算耗尽时间",
    exhausted: "已耗尽",
    started: "开始时间",
    resolved: "恢复时间",
    lasted: "持续时长",
    causes: "差异最大的属性",
    traces: "示例链路",
    open: "在 slowburn 中查看",
};

// === impl Language ===

impl Language {
    pub(super) const fn labels(self) -> &'static Labels {
        match self {
            Self::En => &ENGLISH,
            Self::Zh => &CHINESE,
        }
    }

    /// How urgent it is, and whether it is new.
    pub(super) fn head(self, notification: &Notification) -> &'static str {
        use NotificationReason as Reason;
        match (self, notification.reason, notification.alert.severity) {
            (Self::En, Reason::Resolved, _) => "[RESOLVED]",
            (Self::En, Reason::Firing, Severity::Page) => "[PAGE]",
            (Self::En, Reason::Firing, Severity::Ticket) => "[TICKET]",
            (Self::En, Reason::Repeat, Severity::Page) => "[PAGE, still firing]",
            (Self::En, Reason::Repeat, Severity::Ticket) => "[TICKET, still firing]",
            (Self::En, Reason::SeverityRaised, _) => "[PAGE, was a ticket]",
            (Self::Zh, Reason::Resolved, _) => "【已恢复】",
            (Self::Zh, Reason::Firing, Severity::Page) => "【紧急】",
            (Self::Zh, Reason::Firing, Severity::Ticket) => "【工单】",
            (Self::Zh, Reason::Repeat, Severity::Page) => "【紧急·仍在告警】",
            (Self::Zh, Reason::Repeat, Severity::Ticket) => "【工单·仍在告警】",
            (Self::Zh, Reason::SeverityRaised, _) => "【紧急·由工单升级】",
        }
    }

    /// What is wrong, or no longer is.
    pub(super) fn what(self, subject: &str, figures: &Figures, resolved: bool) -> String {
        match (self, figures, resolved) {
            (Self::En, Figures::Burn(_), false) => format!("{subject} burns its error budget too fast"),
            (Self::En, Figures::Burn(_), true) => format!("{subject} no longer burns its error budget too fast"),
            (Self::En, Figures::Band(_), false) => format!("{subject} is outside its normal range"),
            (Self::En, Figures::Band(_), true) => format!("{subject} is back in its normal range"),
            (Self::Zh, Figures::Burn(_), false) => format!("{subject} 的错误预算消耗过快"),
            (Self::Zh, Figures::Burn(_), true) => format!("{subject} 的错误预算消耗已恢复正常"),
            (Self::Zh, Figures::Band(_), false) => format!("{subject} 超出正常范围"),
            (Self::Zh, Figures::Band(_), true) => format!("{subject} 已回到正常范围"),
        }
    }

    pub(super) fn title(self, head: &str, service: &str, what: &str) -> String {
        match self {
            Self::En => format!("{head} {service}: {what}"),
            Self::Zh => format!("{head}{service}：{what}"),
        }
    }

    /// Both windows against the factor they have to exceed.
    pub(super) fn burn(self, burn: &Burn) -> String {
        let [long, short, factor] = [burn.long, burn.short, burn.factor].map(multiple);
        let [long_window, short_window] = [burn.long_window, burn.short_window].map(|window| self.duration(window));
        match self {
            Self::En => {
                format!("{long}x over {long_window}, {short}x over {short_window} (threshold {factor}x)")
            }
            Self::Zh => {
                format!("{long_window}内 {long} 倍，{short_window}内 {short} 倍（阈值 {factor} 倍）")
            }
        }
    }

    /// The value against what was expected.
    pub(super) fn band(self, band: &Band, unit: &str) -> String {
        let [value, expected, lower, upper] = [band.value, band.expected, band.lower, band.upper].map(|figure| {
            let figure = measured(figure);
            if unit.is_empty() { figure } else { format!("{figure} {unit}") }
        });
        match self {
            Self::En => format!("{value}, expected {expected} (normal: {lower} to {upper})"),
            Self::Zh => format!("{value}，预期 {expected}（正常范围 {lower} 至 {upper}）"),
        }
    }

    /// An attribute that is more common among bad events.
    pub(super) fn cause(self, key: &str, value: &str, lift: f64) -> String {
        let lift = multiple(lift);
        match self {
            Self::En => format!("{key} = {value} ({lift}x as common among bad requests)"),
            Self::Zh => format!("{key} = {value}（在异常请求中的占比为平时的 {lift} 倍）"),
        }
    }

    /// The two largest units, such as `1 h 10 min`.
    pub(super) fn duration(self, duration: Duration) -> String {
        let units = match self {
            Self::En => [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")],
            Self::Zh => [(86_400, "天"), (3_600, "小时"), (60, "分钟"), (1, "秒")],
        };
        let mut rest = duration.as_secs();
        let mut words = Vec::new();
        for (seconds, unit) in units {
            let count = rest / seconds;
            rest %= seconds;
            if count > 0 {
                words.push(format!("{count} {unit}"));
            } else if !words.is_empty() {
                break;
            }
        }
        words.truncate(2);
        if words.is_empty() { format!("0 {}", units[3].1) } else { words.join(" ") }
    }
}

impl FromStr for Language {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "en" => Ok(Self::En),
            "zh" => Ok(Self::Zh),
            _ => Err(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_two_units_at_most() {
        let english = |seconds| Language::En.duration(Duration::from_secs(seconds));
        assert_eq!(
            [0, 12, 300, 4_200, 3_600, 93_784].map(english),
            ["0 s", "12 s", "5 min", "1 h 10 min", "1 h", "1 d 2 h"]
        );
        assert_eq!(english(86_400 + 60), "1 d", "a gap ends it: a minute says nothing beside a day");
        assert_eq!(Language::Zh.duration(Duration::from_secs(4_200)), "1 小时 10 分钟");
    }

    #[test]
    fn burn_rates_stand_against_their_factor() {
        let minutes = |number: u64| Duration::from_secs(60 * number);
        let burn = Burn { long: 20.0, long_window: minutes(60), short: 22.5, short_window: minutes(5), factor: 14.4 };
        assert_eq!(Language::En.burn(&burn), "20x over 1 h, 22.5x over 5 min (threshold 14.4x)");
        assert_eq!(Language::Zh.burn(&burn), "1 小时内 20 倍，5 分钟内 22.5 倍（阈值 14.4 倍）");
    }
}
