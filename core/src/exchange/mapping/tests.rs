use super::*;

fn headers(text: &str) -> Vec<String> {
    text.split('|').map(str::to_owned).collect()
}

fn codes(mapping: &Mapping) -> Vec<&str> {
    mapping
        .targets
        .iter()
        .map(|target| target.column().map_or("", |column| &column.code))
        .collect()
}

fn map(name: &str, text: &str) -> Mapping {
    Mapping::of(kind(name).unwrap(), &headers(text), &Wishes::default()).unwrap()
}

#[test]
fn zoho_modules_are_known_as_they_are() {
    let accounts = "Record Id|Account Owner|Account Name|Phone|Website|Account Type|Industry|Annual Revenue|Employees|\
                    Billing Street|Billing City|Billing State|Billing Code|Billing Country|Description|Tag|Parent Account";
    let mapping = map("customer", accounts);
    let expected = [
        "record_id",
        "owner",
        "name",
        "phones",
        "website",
        "customer_type",
        "industry",
        "annual_revenue",
        "employees",
        "place.address.street",
        "place.address.city",
        "place.address.province",
        "place.address.postcode",
        "place.address.country",
        "custom.remark",
        "tags",
        "parent_customer",
    ];
    assert_eq!(codes(&mapping), expected);
    assert!(mapping.unknown.is_empty() && mapping.missing.is_empty());

    let contacts = "Record Id|Contact Owner|Account Name.id|Account Name|First Name|Last Name|Email|Phone|Mobile|Title|Department|Date of Birth";
    let expected = [
        "record_id",
        "owner",
        "customer_record_id",
        "customer",
        "given_name",
        "last_name",
        "email",
        "phones",
        "mobile",
        "title",
        "department",
        "birthday",
    ];
    assert_eq!(codes(&map("contact", contacts)), expected);

    let deals = "Deal Owner|Deal Name|Account Name|Type|Lead Source|Contact Name|Amount|Closing Date|Next Step|Stage|Probability|Description";
    let expected = [
        "owner",
        "name",
        "customer",
        "deal_type",
        "lead_source",
        "contact",
        "amount",
        "expected_close",
        "next_step",
        "stage",
        "probability_bp",
        "description",
    ];
    assert_eq!(codes(&map("deal", deals)), expected);
    for (name, list) in [("customer", accounts), ("contact", contacts), ("deal", deals)] {
        assert_eq!(kind_of(&headers(list)).unwrap().name, name);
    }
}

#[test]
fn chinese_headers_are_known_with_stars_and_units() {
    let customers = "客户名称*|客户类型|客户级别|行业|负责人|省|市|区|详细地址|电话|来源|备注";
    let expected = [
        "name",
        "customer_type",
        "level",
        "industry",
        "owner",
        "place.address.province",
        "place.address.city",
        "place.address.district",
        "place.address.street",
        "phones",
        "source",
        "custom.remark",
    ];
    assert_eq!(codes(&map("customer", customers)), expected);
    let deals = "商机名称|客户|销售阶段|预计金额（元）|预计成交日期|赢单概率(%)|负责人";
    let expected = [
        "name",
        "customer",
        "stage",
        "amount",
        "expected_close",
        "probability_bp",
        "owner",
    ];
    assert_eq!(codes(&map("deal", deals)), expected);
    let contacts = "客户名称|姓名|手机|邮箱|职位|部门";
    assert_eq!(
        codes(&map("contact", contacts)),
        ["customer", "name", "mobile", "email", "title", "department"]
    );
    for (name, list) in [("customer", customers), ("contact", contacts), ("deal", deals)] {
        assert_eq!(kind_of(&headers(list)).unwrap().name, name);
    }
    assert_eq!(codes(&map("customer", "客户名称|省/市/区")), ["name", "place.region"]);
    assert!(kind_of(&headers("订单编号|下单日期")).is_none());
}

#[test]
fn unknown_columns_are_reported_and_kept_where_asked() {
    let list = headers("Account Name|Rating *|Account Name|");
    let mapping = Mapping::of(kind("customer").unwrap(), &list, &Wishes::default()).unwrap();
    assert_eq!(mapping.unknown, ["Rating *", "Account Name"]);
    assert_eq!(codes(&mapping), ["name", "", "", ""]);
    let wishes = Wishes {
        keep_unknown: true,
        ..Wishes::default()
    };
    let kept = Mapping::of(kind("customer").unwrap(), &list, &wishes).unwrap();
    assert_eq!(codes(&kept)[1], "custom.Rating");
    // Contacts have no fields of the organisation's own.
    let contact = Mapping::of(kind("contact").unwrap(), &headers("Rating"), &wishes).unwrap();
    assert_eq!(
        (codes(&contact), &contact.missing),
        (vec![""], &vec!["name", "customer"])
    );
}

#[test]
fn a_person_decides_before_the_catalogue_does() {
    let list = headers("Account Name|Shop|Telefon|Mobile");
    let wish = |pairs: &[(&str, &str)]| {
        let columns = pairs
            .iter()
            .map(|(header, code)| ((*header).to_owned(), (*code).to_owned()))
            .collect();
        Mapping::of(
            kind("customer").unwrap(),
            &list,
            &Wishes {
                columns,
                keep_unknown: false,
            },
        )
    };
    let mapping = wish(&[
        ("Shop", "name"),
        ("Telefon", "phones"),
        ("Account Name", "custom.legal name"),
    ])
    .unwrap();
    assert_eq!(codes(&mapping), ["custom.legal name", "name", "phones", "phones"]);
    assert_eq!(mapping.header(&list, "name"), Some("Shop"));
    assert_eq!(codes(&wish(&[("Mobile", "")]).unwrap())[3], "");
    let error = |pairs: &[(&str, &str)]| wish(pairs).unwrap_err();
    assert!(matches!(
        error(&[("Shop", "nonsense")]),
        MappingError::UnknownCode { .. }
    ));
    assert!(matches!(
        error(&[("Shop", "name"), ("Account Name", "name")]),
        MappingError::Twice { .. }
    ));
    assert!(matches!(
        error(&[("No such", "name")]),
        MappingError::NoSuchHeader { .. }
    ));
    let visits = Mapping::of(kind("visit").unwrap(), &list, &Wishes::default());
    assert!(matches!(visits, Err(MappingError::NotImported { .. })));
}
