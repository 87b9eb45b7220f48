using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>The args of a rule, for people.</summary>
public static class SeccompComparisons
{
    /// <summary>Whether one of them is enough: two look at the same argument (<see cref="SeccompCompiler"/>).</summary>
    public static bool AreAlternatives(SeccompRule rule)
    {
        int seen = 0;
        foreach (SeccompArgument argument in rule.Args)
        {
            if ((seen & (1 << (int)argument.Index)) != 0)
            {
                return true;
            }

            seen |= 1 << (int)argument.Index;
        }

        return false;
    }

    /// <summary>Such as <c>argument 0 &amp; 0x7e020000 == 0x0</c>.</summary>
    public static string Words(SeccompArgument argument)
    {
        string operation = SeccompVocabulary.Comparison(argument.Op) switch
        {
            SeccompComparison.NotEqual => " != ",
            SeccompComparison.Less => " < ",
            SeccompComparison.LessOrEqual => " <= ",
            SeccompComparison.Equal => " == ",
            SeccompComparison.GreaterOrEqual => " >= ",
            SeccompComparison.Greater => " > ",
            _ => "",
        };
        string place = "argument " + argument.Index.ToString();
        return operation.Length > 0
            ? place + operation + Hexadecimal(argument.Value)
            : place + " & " + Hexadecimal(argument.Value) + " == " + Hexadecimal(argument.ValueTwo & argument.Value);
    }

    /// <summary>Whether a comparison holds.</summary>
    /// <param name="argument">The comparison.</param>
    /// <param name="value">The argument's value.</param>
    /// <param name="architecture">32-bit arguments compare their low halves.</param>
    public static bool Holds(SeccompArgument argument, ulong value, SeccompArchitecture architecture)
    {
        ulong width = architecture.Has64BitArguments() ? ulong.MaxValue : uint.MaxValue;
        (value, ulong operand) = (value & width, argument.Value & width);
        return SeccompVocabulary.Comparison(argument.Op) switch
        {
            SeccompComparison.NotEqual => value != operand,
            SeccompComparison.Less => value < operand,
            SeccompComparison.LessOrEqual => value <= operand,
            SeccompComparison.Equal => value == operand,
            SeccompComparison.GreaterOrEqual => value >= operand,
            SeccompComparison.Greater => value > operand,
            _ => (value & operand) == (argument.ValueTwo & operand),
        };
    }

    /// <summary>The architecture of that name, or None.</summary>
    /// <param name="name">SCMP_ARCH_*.</param>
    public static SeccompArchitecture Architecture(string name) => SeccompVocabulary.Architecture(name);

    private static string Hexadecimal(ulong value) => "0x" + value.ToString("x");
}
