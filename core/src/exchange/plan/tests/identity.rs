//! Which record a row is.

use super::*;

#[test]
fn a_customer_typed_in_before_is_the_imported_one() {
    let mut known = Known::default();
    let typed = DocumentId::from_bytes([4; 16]);
    known.insert(
        "customer",
        typed,
        json!({ "name": "Acme" }).as_object().unwrap().clone(),
    );
    let file = "Record Id,Account Name\n1,ACME\n2,Acme\n";
    let plan = planned(
        "customer",
        file,
        &Options {
            update: true,
            ..options()
        },
        &known,
    );
    assert_eq!(plan.rows[0].id, Some(typed));
    assert!(matches!(plan.rows[1].verdict, Verdict::Create { .. }), "{plan:?}");
    apply(&mut known, &plan);
    let again = planned("customer", file, &options(), &known);
    assert_eq!(again.counts().unchanged, 2, "{again:?}");
    let own = format!("Satchel Id,Account Name\n{typed},ACME\nnonsense,B\n");
    let by_id = planned("customer", &own, &options(), &known);
    assert_eq!(
        (by_id.rows[0].verdict.clone(), problems(&by_id, 1)),
        (Verdict::Unchanged, vec!["Satchel Id: not an id".to_owned()])
    );
}

/// The two rows are two people: only the first has an id in the source.
const NAMESAKES: &str = "Account Name,Record Id,Full Name\nA,1,Ann\nA,,Ann\n";

fn making() -> Options {
    Options {
        missing_customer: MissingCustomer::Create,
        ..options()
    }
}

#[test]
fn a_row_with_a_name_only_is_not_its_namesake_that_has_an_id() {
    let mut known = Known::default();
    let plan = planned("contact", NAMESAKES, &making(), &known);
    assert_eq!(plan.counts().create, 2, "{plan:?}");
    apply(&mut known, &plan);
    let again = planned("contact", NAMESAKES, &making(), &known);
    assert_eq!(again.counts().unchanged, 2, "{again:?}");
    // Whichever stands first.
    let turned = "Account Name,Record Id,Full Name\nA,,Ann\nA,1,Ann\n";
    assert_eq!(planned("contact", turned, &making(), &known).counts().unchanged, 2);
}

#[test]
fn a_refused_row_takes_no_record_from_another() {
    let mut known = Known::default();
    let faulty = "Account Name,Record Id,Full Name,Date of Birth\nA,1,Ann,nonsense\nA,,Ann,\n";
    let plan = planned("contact", faulty, &making(), &known);
    assert_eq!((plan.counts().create, plan.counts().refused), (1, 1), "{plan:?}");
    apply(&mut known, &plan);
    let again = planned("contact", faulty, &making(), &known);
    assert_eq!((again.counts().unchanged, again.counts().refused), (1, 1), "{again:?}");
    // Corrected, it is the second record that it was meant to be.
    let plan = planned("contact", NAMESAKES, &making(), &known);
    assert_eq!((plan.counts().unchanged, plan.counts().create), (1, 1), "{plan:?}");
    apply(&mut known, &plan);
    assert_eq!(planned("contact", NAMESAKES, &making(), &known).counts().unchanged, 2);
}

#[test]
fn a_row_with_a_name_only_is_the_one_that_has_no_id_in_the_source() {
    let mut known = Known::default();
    let typed = DocumentId::from_bytes([4; 16]);
    known.insert(
        "customer",
        typed,
        json!({ "name": "Acme" }).as_object().unwrap().clone(),
    );
    let file = "Record Id,Account Name\n1,Acme\n,Acme\n";
    let plan = planned("customer", file, &options(), &known);
    assert!(matches!(plan.rows[0].verdict, Verdict::Create { .. }), "{plan:?}");
    assert_eq!(
        (plan.rows[1].id, &plan.rows[1].verdict),
        (Some(typed), &Verdict::Unchanged)
    );
    apply(&mut known, &plan);
    let again = planned("customer", file, &options(), &known);
    assert_eq!(again.counts().unchanged, 2, "{again:?}");
    // Without the row that has the id, the list does not say which of the two it means; the one that the source does
    // not know otherwise is the likelier.
    let alone = planned("customer", "Account Name\nAcme\n", &options(), &known);
    assert_eq!(alone.rows[0].id, Some(typed));
}
