//! What people and places are called, and what reps write, in Chinese and in English.

pub(super) const CITIES: &[(&str, &str, i64, i64)] = &[
    ("上海市", "浦东新区", 312_304_000, 1_214_737_000),
    ("北京市", "朝阳区", 399_042_000, 1_164_074_000),
    ("广州市", "天河区", 231_291_000, 1_132_644_000),
    ("成都市", "武侯区", 305_728_000, 1_040_668_000),
    ("杭州市", "西湖区", 302_741_000, 1_201_551_000),
    ("武汉市", "江汉区", 305_928_000, 1_143_055_000),
    ("Leeds", "Headingley", 538_008_000, -15_491_000),
    ("Manchester", "Didsbury", 534_808_000, -22_426_000),
];

pub(super) const STREETS: &[&str] = &[
    "人民路",
    "解放大道",
    "中山北路",
    "建设街",
    "文化路",
    "新华路",
    "长江路",
    "High Street",
    "Station Road",
    "Mill Lane",
];

pub(super) const FIRST: &[&str] = &[
    "华联",
    "永辉",
    "百佳",
    "好又多",
    "鑫源",
    "福满家",
    "顺达",
    "金桥",
    "东方",
    "瑞丰",
    "恒通",
    "聚鑫",
    "康乐",
    "德盛",
    "天和",
    "Harbour",
    "Northgate",
    "Green Lane",
    "Crown",
    "Willow",
    "Summit",
];

pub(super) const SECOND: &[&str] = &[
    "超市",
    "便利店",
    "贸易有限公司",
    "商行",
    "酒业",
    "食品批发部",
    "烟酒专营店",
    "饮料经营部",
    "连锁超市",
    "生鲜市场",
    "Stores",
    "Trading Ltd",
    "Wholesale",
    "Convenience",
    "Foods",
];

pub(super) const SURNAMES: &[&str] = &[
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "Smith ", "Jones ", "Taylor ", "Khan ",
];

pub(super) const GIVEN: &[&str] = &[
    "伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "洋", "艳", "建国", "秀英", "志强", "晓明", "Anna", "Peter",
    "Susan", "David",
];

pub(super) const TITLES: &[&str] = &[
    "采购经理",
    "店长",
    "老板",
    "仓库主管",
    "财务",
    "Buyer",
    "Store manager",
    "Owner",
];

pub(super) const INDUSTRIES: &[&str] = &["食品零售", "餐饮", "批发", "酒店", "grocery", "hospitality"];

pub(super) const TAGS: &[&str] = &["重点", "新开", "账期", "陈列好", "冷柜", "key", "credit hold", "promo"];

pub(super) const PRODUCTS: &[&str] = &[
    "乌龙茶 500ml",
    "茉莉花茶 550ml",
    "气泡水 330ml",
    "功能饮料 250ml",
    "矿泉水 1.5L",
    "Cold brew 250ml",
    "Tonic 200ml",
];

pub(super) const SENTENCES: &[&str] = &[
    "老板对新品的陈列位置不太满意，要求下周调整到收银台旁边。",
    "库存还剩三箱，预计周五断货，已经提醒仓库补货。",
    "竞品本月买十送一，我们的价格没有优势，需要申请促销支持。",
    "门头照片已拍，冷柜里我们的排面只有四个，比上次少了两个。",
    "客户希望账期从三十天延长到四十五天，财务还没有答复。",
    "采购经理出差，改约下周二上午再谈年度合同。",
    "试饮活动效果不错，当天卖出二十六瓶，店长愿意再做一次。",
    "他说隔壁街新开了一家便利店，可以一起拜访。",
    "本次下单五十箱气泡水，要求月底之前送到。",
    "仓库搬到了新地址，送货司机需要重新确认路线。",
    "对账单有两处差异，已经发给财务核对。",
    "价格谈妥了，合同等总部盖章。",
    "The owner wants the new line moved next to the till before the weekend.",
    "Stock is down to three cases; the warehouse has been told to refill by Friday.",
    "A competitor runs ten plus one this month, so we need promotional support.",
    "Asked for forty-five days instead of thirty; finance has not answered yet.",
    "Ordered fifty cases of sparkling water, delivery before the end of the month.",
    "The buyer is travelling, so the annual contract is postponed to Tuesday morning.",
    "Two lines of the statement do not match; sent to accounting.",
    "The cooler shows four facings of ours, two fewer than on the last visit.",
];

pub(super) const NEXT: &[&str] = &[
    "送样品",
    "确认合同",
    "补货",
    "下周回访",
    "催款",
    "send the quote",
    "call the buyer",
    "check the cooler",
];

pub(super) const TASKS: &[&str] = &[
    "催收货款",
    "准备报价",
    "安排试饮",
    "寄送样品",
    "Prepare the quote",
    "Call back about the contract",
];

pub(super) const DEALS: &[&str] = &[
    "年度供货",
    "春节铺货",
    "冷柜投放",
    "新品上架",
    "Annual supply",
    "Summer promotion",
];
