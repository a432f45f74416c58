//! Simplified Chinese about alerts, causes, bands and the messages of the demo.

use std::cmp::Ordering;

use crate::text::words::{
    AlertWords, BandText, BandWords, BurnText, CatcherWords, CauseWords, SelectionWords, WhyText,
};

pub(super) const ALERT: AlertWords = AlertWords {
    open: "未恢复的告警",
    none: "还没有告警",
    how: "当 SLO 燃烧过快，或黄金信号超出正常范围时，会产生告警。",
    mistakes: "规则文件中有错误；修正之前沿用原有规则",
    state: "状态",
    states: ["待定", "告警中", "已恢复", "未持续"],
    severity: "级别",
    severities: ["紧急", "工单"],
    subject: "对象",
    signals: ["每分钟请求数", "错误率", "p50 延迟", "p95 延迟", "p99 延迟", "饱和度"],
    of: |signal, service| format!("{service} 的{signal}"),
    figures: "数值",
    since: "开始",
    until: "结束",
    lasted: "持续",
    rule: "规则",
    burn: |burn| {
        let BurnText { long, long_window, short, short_window, factor, .. } = burn;
        format!("{long_window}内 {long}，{short_window}内 {short}；阈值 {factor}")
    },
    band: |band| format!("{}；正常范围 {} – {}", band.value, band.lower, band.upper),
    burn_sentence: |subject, burn| {
        let BurnText { long, long_window, short, short_window, factor, both } = burn;
        let verdict = if *both { "二者均高于" } else { "二者均高于阈值时才告警，阈值为" };
        let threshold = if *both { "阈值 " } else { " " };
        format!(
            "{subject} 的错误预算在 {long_window}内以 {long}、在 {short_window}内以 {short} 的速率燃烧；\
             {verdict}{threshold}{factor}。速率为 1 × 时，预算恰好用满整个周期。"
        )
    },
    band_sentence: |subject, band| {
        let BandText { value, expected, lower, upper, side } = band;
        let place = match side {
            Ordering::Less => "低于",
            Ordering::Equal => "处于",
            Ordering::Greater => "高于",
        };
        format!("{subject} 为 {value}，{place}正常范围 {lower} – {upper}；预期为 {expected}。")
    },
    bare_sentence: |subject| format!("{subject} 满足告警条件；没有保存数值。"),
    compared: "数值与阈值",
    over: |window| format!("{window}内燃烧率"),
    threshold: "阈值",
    value: "当前值",
    expected: "预期",
    normal: "正常范围",
    no_budget: "没有错误预算",
    history: "历史",
    at: "时间",
    reason: "原因",
    reasons: [
        "条件开始满足",
        "条件已持续足够久",
        "条件未能持续",
        "数据缺失",
        "级别升高",
        "已持续恢复足够久",
        "规则已移除",
    ],
    exemplars: "示例链路",
    exemplars_lead: "打开后直接定位到失败的 Span 及其日志。",
    deliveries: "通知",
    no_deliveries: "没有通知任何人。",
    receiver: "接收方",
    occasions: ["开始告警", "仍在告警", "级别升高", "已恢复"],
    outcomes: ["等待中", "已送达", "失败"],
    attempts: "尝试次数",
    attempted: "上次尝试",
    due: "下次尝试",
    answer: "最近回应",
    episodes: "其他告警记录",
    to_slo: "该时段的 SLO",
    to_service: "该时段的服务",
    to_traces: "该时段的链路",
};

pub(super) const CAUSE: CauseWords = CauseWords {
    title: "差异所在",
    compared: |text| {
        format!(
            "所选时段：{} 至 {}，{} 个失败或缓慢的事件。基线：{} 至 {}，{} 个事件。",
            text.from, text.to, text.failing, text.baseline_from, text.baseline_to, text.baseline
        )
    },
    attribute: "属性",
    support: "支持度",
    support_help: "失败或缓慢的事件中具有该值的比例",
    lift: "提升度",
    lift_help: "与基线相比，该值在其中出现的倍数",
    effect: "效应量",
    effect_help: "Cohen's h，0 到 3.14；列表按此排序",
    traces: "链路",
    no_attributes: "没有哪个属性值在失败或缓慢的事件中更常见。",
    services: "服务",
    role: "角色",
    roles: ["源头", "受影响", "正常"],
    score: "得分",
    evidence: "依据",
    signals: ["自身耗时", "自身错误", "饱和度", "延迟", "错误"],
    instead_of: |signal, value, expected| format!("{signal} {value}，原为 {expected}"),
    no_services: "没有服务偏离基线。",
    left_out: |keys| format!("未比较（取值几乎不重复）：{keys}"),
    everything: "全部差异",
    alerts: "该 SLO 的告警",
};

pub(super) const BAND: BandWords = BandWords {
    legend: "阴影：正常范围。虚线：预期值。红色：越限。",
    why: |why| {
        let WhyText { signals, model, samples, from, to, version } = why;
        let signals = if signals.is_empty() { String::new() } else { format!("{signals}：") };
        format!("{signals}正常范围取自{model}，由 {from} 至 {to} 的 {samples} 分钟学得（规则 {version}）。")
    },
    models: ["最近的分钟", "每天的同一小时", "每周的同一小时"],
    table: "以表格显示",
    minute: "分钟",
    expected: "预期",
    normal: "正常范围",
    breached: "越限",
    newest: |n| format!("最新的 {n} 分钟。"),
    said: |value, lower, upper| format!("{value}，正常范围 {lower} 至 {upper}"),
};

pub(super) const CATCHER: CatcherWords = CatcherWords {
    title: "收到的消息",
    lead: "聊天群里会收到的内容：演示自带的接收器把它们保存在这里。",
    none: "还没有消息。",
    not_running: "这里没有接收器；只有演示模式才有。",
    all: "全部消息",
    signed: "签名已验证",
    unsigned: "签名未验证",
    open: "在 slowburn 中查看",
};

pub(super) const SELECTION: SelectionWords = SelectionWords { selection: "所选时段", clear: "取消选择" };
