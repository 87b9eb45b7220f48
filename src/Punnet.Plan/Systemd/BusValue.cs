using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Punnet.Plan;

/// <summary>A value of the D-Bus type system (D-Bus Specification, "Type System"); made of the records below.</summary>
public abstract record BusValue
{
    /// <summary>Its type, such as <c>a(sv)</c>.</summary>
    public abstract string Signature { get; }
}

/// <summary>A number or a boolean.</summary>
/// <param name="Type">One of y b n q i u x t d.</param>
/// <param name="Bits">The value; of a negative number or a double, its bits in 64.</param>
public sealed record BusNumber(char Type, ulong Bits) : BusValue
{
    /// <inheritdoc/>
    public override string Signature => Type.ToString();

    /// <summary>A boolean.</summary>
    public static BusNumber Of(bool value) => new('b', value ? 1UL : 0UL);

    /// <inheritdoc/>
    public override string ToString() => Type switch
    {
        'b' => Bits == 0 ? "false" : "true",
        'd' => System.BitConverter.UInt64BitsToDouble(Bits).ToString(CultureInfo.InvariantCulture),
        'n' or 'i' or 'x' => VariantText.WordOf(Type) + " " + ((long)Bits).ToString(CultureInfo.InvariantCulture),
        _ => VariantText.WordOf(Type) + " " + Bits.ToString(CultureInfo.InvariantCulture),
    };
}

/// <summary>A text.</summary>
/// <param name="Type">s, o for an object path or g for a signature.</param>
/// <param name="Text">Without NUL.</param>
public sealed record BusText(char Type, string Text) : BusValue
{
    /// <inheritdoc/>
    public override string Signature => Type.ToString();

    /// <summary>A string.</summary>
    public static BusText Of(string text) => new('s', text);

    /// <inheritdoc/>
    public override string ToString() => (Type == 's' ? "" : VariantText.WordOf(Type) + " ") + PlanWords.Quoted(Text);
}

/// <summary>An array.</summary>
/// <param name="Element">The type of its elements, which an empty one has too.</param>
/// <param name="Items">The elements, all of that type.</param>
public sealed record BusArray(string Element, ImmutableArray<BusValue> Items) : BusValue
{
    /// <inheritdoc/>
    public override string Signature => "a" + Element;

    /// <inheritdoc/>
    public override string ToString() => "@a" + Element + " " + BusStructure.Join('[', Items, ']');
}

/// <summary>A tuple.</summary>
/// <param name="Members">At least one.</param>
public sealed record BusStructure(ImmutableArray<BusValue> Members) : BusValue
{
    /// <inheritdoc/>
    public override string Signature
    {
        get
        {
            StringBuilder text = new("(");
            foreach (BusValue member in Members)
            {
                text.Append(member.Signature);
            }

            return text.Append(')').ToString();
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Join('(', Members, ')');

    internal static string Join(char open, ImmutableArray<BusValue> values, char close)
    {
        StringBuilder text = new();
        text.Append(open);
        for (int i = 0; i < values.Length; i++)
        {
            text.Append(i == 0 ? "" : ", ").Append(values[i]);
        }

        return text.Append(close).ToString();
    }
}

/// <summary>A value that carries its type.</summary>
/// <param name="Value">The value inside.</param>
public sealed record BusVariant(BusValue Value) : BusValue
{
    /// <inheritdoc/>
    public override string Signature => "v";

    /// <inheritdoc/>
    public override string ToString() => "<" + Value + ">";
}
