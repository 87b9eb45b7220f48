namespace Punnet.Plan;

/// <summary>One comparison of one argument.</summary>
/// <param name="Argument">0 to 5.</param>
/// <param name="Comparison">How.</param>
/// <param name="Value">With what; already masked.</param>
/// <param name="Mask">Bits that count; all but for MASKED_EQ.</param>
internal readonly record struct SeccompCondition(byte Argument, SeccompComparison Comparison, ulong Value, ulong Mask)
{
    /// <summary>What an architecture with 32-bit arguments compares: the low halves, as libseccomp does.</summary>
    internal SeccompCondition Low => this with { Value = (uint)Value, Mask = (uint)Mask };

    /// <summary>A mask without bits compares nothing: such a condition always holds, whatever its value.</summary>
    internal bool AlwaysHolds => Mask == 0;

    /// <summary>The high word and the low word of the value.</summary>
    internal uint HighValue => (uint)(Value >> 32);

    /// <summary>See <see cref="HighValue"/>.</summary>
    internal uint LowValue => (uint)Value;

    /// <summary>The high word and the low word of the mask.</summary>
    internal uint HighMask => (uint)(Mask >> 32);

    /// <summary>See <see cref="HighMask"/>.</summary>
    internal uint LowMask => (uint)Mask;

    /// <summary>
    /// The order in which libseccomp tries comparisons, which counts only where rules of one call overlap and differ in their
    /// action: later arguments first; equality, then upper bounds, then lower bounds; the narrower bound first.
    /// </summary>
    /// <param name="other">Another condition.</param>
    /// <param name="wide">Whether there are high words, which are compared first.</param>
    /// <returns>Above 0: this one is tried before <paramref name="other"/>; 0: as they came.</returns>
    internal int Precedence(in SeccompCondition other, bool wide)
    {
        if (Argument != other.Argument)
        {
            return Argument.CompareTo(other.Argument);
        }

        int rank = Rank(Comparison);
        int otherRank = Rank(other.Comparison);
        if (rank != otherRank)
        {
            return rank.CompareTo(otherRank);
        }

        // The low words count only where one test of the high word serves both.
        bool oneHighTest = (Comparison == SeccompComparison.MaskedEqual) == (other.Comparison == SeccompComparison.MaskedEqual)
            && HighMask == other.HighMask;
        int order = HighValue.CompareTo(other.HighValue);
        if (order == 0 && (!wide || oneHighTest))
        {
            order = LowValue.CompareTo(other.LowValue);
        }

        return rank == Rank(SeccompComparison.Less) ? -order : order;
    }

    private static int Rank(SeccompComparison comparison) => comparison switch
    {
        SeccompComparison.Equal or SeccompComparison.NotEqual or SeccompComparison.MaskedEqual => 3,
        SeccompComparison.Less or SeccompComparison.LessOrEqual => 2,
        _ => 1,
    };
}
