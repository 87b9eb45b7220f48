using System;
using System.Globalization;

namespace Punnet.Host.Text;

/// <summary>A number with or without a fraction, and a unit: 1.5 of 1024. The general decimal type would make the program larger.</summary>
public static class ScaledNumber
{
    /// <summary>Reads the number and multiplies.</summary>
    /// <param name="text">Digits, perhaps a point and more digits; neither sign nor blank.</param>
    /// <param name="unit">How much 1 is.</param>
    /// <param name="value">The product, rounded down.</param>
    /// <returns>False where the text is invalid, or the product exceeds a long.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, long unit, out long value)
    {
        value = 0;
        int point = text.IndexOf('.');
        ReadOnlySpan<char> whole = point < 0 ? text : text[..point];
        ReadOnlySpan<char> fraction = point < 0 ? default : text[(point + 1)..];
        long number = 0;
        if ((whole.IsEmpty && fraction.IsEmpty)
            || fraction.IndexOfAnyExceptInRange('0', '9') >= 0
            || (!whole.IsEmpty && !long.TryParse(whole, NumberStyles.None, CultureInfo.InvariantCulture, out number))
            || number > long.MaxValue / unit)
        {
            return false;
        }

        double part = 0;
        for (int i = fraction.Length - 1; i >= 0; i--)
        {
            part = (part + (fraction[i] - '0')) / 10;
        }

        long rest = (long)(part * unit);
        value = number * unit;
        bool fits = value <= long.MaxValue - rest;
        value += fits ? rest : 0;
        return fits;
    }
}
