//! Simplified Chinese about SLOs: budgets, groups, corrections, who spent them.

use crate::text::words::{CalendarText, CorrectionWords, ForecastText, GroupWords, SloWords, SpenderWords, SpentText};

pub(super) const SLO: SloWords = SloWords {
    slo: "SLO",
    state: "状态",
    states: ["正常", "恢复中", "上升", "燃烧", "已耗尽"],
    unknown: "无法判断",
    target: "目标",
    budget_left: "剩余预算",
    burn: "燃烧率",
    exhausted_in: "预算可用",
    exhausted: "已耗尽",
    never: "按此速率不会耗尽",
    none: "还没有 SLO",
    how: "把 OpenSLO 文档放入一个目录，并用 --slo-dir 启动服务；文档改变后会重新读取。",
    mistakes: "文档中有错误，相关 SLO 未更新",
    events: |bad, total, allowed| format!("{total} 个事件中有 {bad} 个不良，允许 {allowed} 个。"),
    windows: "各窗口燃烧率",
    severity: "级别",
    long: "长窗口",
    short: "短窗口",
    factor: "阈值",
    breaches: "越限",
    total: "每分钟事件数",
    bad_share: "不良事件占比",
    counting: "统计周期仍在计数中，数字还会增长。",
    service: "服务的信号",
    document: "文档",
    slices: |bad, total, allowed| format!("{total} 个时间片中有 {bad} 个不良，允许 {allowed} 个。"),
    took: "消耗预算",
    took_help: |by_rate| format!("长窗口实际消耗的预算；若整个周期都是这样的流量，则为 {by_rate}"),
    doubt: |long, short, why| format!("{long} 与 {short} 均高于阈值但不告警：{why}。"),
    frozen: "已冻结",
    frozen_help: "已有一小时没有测得任何数据：预算停在测量结束时的值。",
    forecast,
    notes: "关于文档的说明",
    weight: |weight| format!("权重 {weight}"),
    composite: |count| format!("{count} 个目标共用一份预算"),
    composite_help: |most| format!("各目标共同消耗，且只有它会告警。全部不良时燃烧率为 {most}。"),
    left_out: |events| format!("另有 {events} 个属于其余分组的事件，只计入总数。"),
    length,
    every: |count, unit| {
        if count == 1 { format!("每{}", single(unit)) } else { format!("每 {}", length(count, unit)) }
    },
    rolling: |length| format!("滚动 {length}"),
    calendar: |text| {
        let CalendarText { every, since, present } = text;
        format!("日历周期：{every}，自 {since} 起；当前周期共 {present}")
    },
    occurrences: "按事件计数。",
    timeslices: |slice, share| format!("按 {slice}的时间片计数：至少 {share} 的事件良好，该片才算良好。"),
    ratio_timeslices: |slice| format!("按 {slice}的时间片计数，每片按其良好事件的比例计入。"),
};

pub(super) const GROUP: GroupWords = GroupWords {
    title: "分组",
    lead: "每个分组有自己的预算，最差的在前。",
    group: "分组",
    some: |count, worst| format!("{count} 个分组，最差 {worst}"),
    all: "全部分组",
    shown: |shown, total| format!("共 {total} 个分组，列出最差的 {shown} 个。"),
    missing: |group| format!("分组 {group} 不在所列之中；以下数字属于全部分组。"),
    rest: "每分钟图表及分组以下的内容均属于全部分组。",
    events: "不良/全部",
};

pub(super) const CORRECTION: CorrectionWords = CorrectionWords {
    title: "修正",
    correction: "修正",
    effect: "作用",
    effects: ["计为良好", "不计入"],
    when: "时间",
    repeats: |every, since, lasts| format!("{every}，自 {since} 起，每次 {lasts}"),
    until: "直到",
    by: "提交",
};

pub(super) const SPENDER: SpenderWords = SpenderWords {
    title: "谁消耗了预算",
    choice: "消耗的时间范围",
    range: "该时段",
    period: "本周期至今",
    lead: |text| {
        let SpentText { bad, from, to, budget } = text;
        let share = budget.as_ref().map_or_else(String::new, |budget| format!("，占周期预算的 {budget}"));
        format!("{from} 至 {to} 有 {bad} 个不良事件{share}。一条链路有多个取值，因此占比会重叠。")
    },
    none: |from, to| format!("{from} 至 {to} 没有不良事件。"),
    bad: "不良事件",
    share: "占比",
    share_help: "不良事件中具有该值的比例",
    of_good: "良好中占比",
    of_good_help: "良好事件中具有该值的比例",
    budget: "预算",
    values: |shown, total| format!("{total} 个取值中的 {shown} 个"),
    more: |count| format!("显示全部 {count} 个属性"),
    fewer: "收起",
};

fn forecast(text: &ForecastText) -> String {
    const LEAD: &str = "若延续最近一天的情况，";
    let ForecastText { earliest, expected, latest } = text;
    match (earliest, expected, latest) {
        (Some(earliest), Some(expected), Some(latest)) => {
            format!("{LEAD}预算将在 {expected} 后耗尽（95 %：{earliest} 至 {latest}）。")
        }
        (Some(earliest), Some(expected), None) => {
            format!("{LEAD}预算将在 {expected} 后耗尽（95 %：最早 {earliest} 后，也可能不会耗尽）。")
        }
        (Some(earliest), None, _) => format!("{LEAD}本周期内不会耗尽；最坏情况下 {earliest} 后耗尽（95 %）。"),
        (None, _, _) => format!("{LEAD}本周期内不会耗尽（95 %）。"),
    }
}

fn length(count: u32, unit: char) -> String {
    let name = match unit {
        'm' => "分钟",
        'h' => "小时",
        'd' => "天",
        'w' => "周",
        'M' => "个月",
        'Q' => "个季度",
        _ => "年",
    };
    format!("{count} {name}")
}

fn single(unit: char) -> &'static str {
    match unit {
        'm' => "分钟",
        'h' => "小时",
        'd' => "天",
        'w' => "周",
        'M' => "月",
        'Q' => "季度",
        _ => "年",
    }
}
