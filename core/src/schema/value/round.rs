/// `numerator / denominator` rounded half to even, once; the denominator is positive.
#[must_use]
pub const fn div_half_even(numerator: i128, denominator: i128) -> i128 {
    let (quotient, rest) = (numerator.div_euclid(denominator), numerator.rem_euclid(denominator));
    // Twice the rest may not fit; what is missing to the whole does.
    let missing = denominator - rest;
    if rest < missing {
        quotient
    } else if rest > missing {
        quotient + 1
    } else {
        quotient + (quotient & 1)
    }
}

/// The amount, or the largest or smallest one where 64 bits do not hold it.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "what does not fit was dealt with before")]
pub const fn clamped(amount: i128) -> i64 {
    if amount > i64::MAX as i128 {
        i64::MAX
    } else if amount < i64::MIN as i128 {
        i64::MIN
    } else {
        amount as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_goes_to_the_even_neighbour_on_both_sides_of_zero() {
        let halves: Vec<i128> = (-5..=5).map(|n| div_half_even(n, 2)).collect();
        assert_eq!(halves, [-2, -2, -2, -1, 0, 0, 0, 1, 2, 2, 2]);
        assert_eq!(
            (div_half_even(7, 3), div_half_even(8, 3), div_half_even(-7, 3)),
            (2, 3, -2)
        );
        assert_eq!(div_half_even(i128::MAX, i128::MAX), 1);
        assert_eq!(
            (clamped(i128::MAX), clamped(i128::MIN), clamped(-7)),
            (i64::MAX, i64::MIN, -7)
        );
    }
}
