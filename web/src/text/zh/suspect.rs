//! Simplified Chinese about suspects and gates.

use crate::text::words::{GateText, GateWords, HarmText, SuspectWords};

pub(super) const SUSPECT: SuspectWords = SuspectWords {
    title: "嫌疑服务",
    score: "得分",
    score_help: "0 到 1：有多少证据指向它；低于 0.3 不足以怀疑",
    traces: |shown, all| format!("{all} 条链路中的 {shown} 条"),
    callers: |names| format!("调用方：{names}"),
    kinds: ["日志", "调用", "Span", "失败", "变慢", "无应答", "途中变慢", "资源"],
    chance: |chance| format!("没有故障时出现此变化的概率：{chance}"),
    findings: |count| format!("另有 {count} 项发现"),
    first: "最早见于",
    exemplars: "链路",
    earlier: "以往告警",
    shared: |values| format!("当时也有 {values}"),
    runbook: "处置手册",
    nobody: |score| format!("没有明显可疑的服务：最高得分 {score}。"),
    none: "没有指向任何服务的证据。",
    others: |count, score| format!("另有 {count} 个服务，得分不高于 {score}"),
};

pub(super) const GATE: GateWords = GateWords {
    title: "比较版本或环境",
    of_service: "与基线相比，对该服务的请求是否更常失败或更慢？",
    of_slo: "与基线相比，是否消耗更多该 SLO 的预算或更慢？",
    by: "比较",
    attributes: ["版本", "环境"],
    candidate: "候选",
    against: "基线",
    all: "其余全部",
    compare: "比较",
    verdicts: ["通过", "不通过", "无法判断"],
    question: "问题",
    questions: ["错误", "延迟"],
    verdict: "结论",
    why: "理由",
    chance: "概率",
    chance_help: "没有危害时得到同样或更大差异的概率",
    sides: |text| {
        let GateText { candidate, candidate_bad, candidate_total, against, baseline_bad, baseline_total } = text;
        let against = if against.is_empty() { "其余全部" } else { against };
        format!(
            "{candidate}：{candidate_total} 个事件中 {candidate_bad} 个不良。\
             基线 {against}：{baseline_total} 个中 {baseline_bad} 个。"
        )
    },
    errors: |text| {
        let HarmText { harm, lower, upper, bearable } = text;
        format!("不良事件占比相差 {harm} 个百分点（95 %：{lower} 至 {upper}）；可承受 {bearable}。")
    },
    latency: |text| {
        let HarmText { harm, lower, upper, bearable } = text;
        format!("请求比基线更慢的概率偏离一半 {harm} 个百分点（95 %：{lower} 至 {upper}）；可承受 {bearable}。")
    },
    few: "其中一方事件太少；请等待双方都有流量。",
    wait: "更多流量后可判断。",
};
