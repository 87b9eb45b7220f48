using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;

namespace Punnet.Plan.Tests;

/// <summary>
/// What must not be in the code that runs between clone and exec, read from the compiled instructions: they show the allocation
/// behind a foreach, a lambda or a params call, where the source shows nothing.
/// </summary>
internal static class InitRules
{
    private const string Clone = "<Clone>$";

    private const BindingFlags Everything =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<short, OpCode> OpCodesByValue = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => code.Value);

    /// <summary>One sentence for each breach in an assembly.</summary>
    public static IEnumerable<string> Breaches(Assembly assembly) => assembly.GetTypes().SelectMany(Breaches);

    /// <summary>One sentence for each breach in a type.</summary>
    public static IEnumerable<string> Breaches(Type type)
    {
        foreach (FieldInfo field in type.GetFields(Everything).Where(field => field.FieldType == typeof(string)))
        {
            yield return $"{type.Name}.{field.Name} is a string";
        }

        IEnumerable<MethodBase> methods = type.GetMethods(Everything).Concat<MethodBase>(type.GetConstructors(Everything));
        foreach (MethodBase method in methods)
        {
            foreach (string breach in Breaches(method))
            {
                yield return $"{type.Name}.{method.Name} {breach}";
            }
        }
    }

    private static IEnumerable<string> Breaches(MethodBase method)
    {
        if (IsWrittenForARecord(method) || method.GetMethodBody() is not MethodBody body)
        {
            yield break;
        }

        if (body.LocalVariables.Any(local => local.LocalType == typeof(string)) || UsesString(method))
        {
            yield return "has a string";
        }

        if (body.ExceptionHandlingClauses.Any(clause => clause.Flags is ExceptionHandlingClauseOptions.Clause or ExceptionHandlingClauseOptions.Filter))
        {
            yield return "catches an exception";
        }

        foreach ((OpCode code, int token) in Instructions(body.GetILAsByteArray() ?? []))
        {
            if (Breach(method, code, token) is string breach)
            {
                yield return breach;
            }
        }
    }

    private static string? Breach(MethodBase method, OpCode code, int token) => code.Name switch
    {
        "newarr" => "makes an array",
        "box" => "boxes a value",
        "throw" or "rethrow" => "throws",
        "ldstr" => "has a string",
        "newobj" => MadeBy(Resolve(method, token)),
        "call" or "callvirt" or "ldftn" => CallBreach(Resolve(method, token)),
        _ => null,
    };

    private static string? MadeBy(MethodBase constructor) =>
        constructor.DeclaringType!.IsValueType ? CallBreach(constructor) : $"makes a {constructor.DeclaringType.Name}";

    private static string? CallBreach(MethodBase called)
    {
        Type type = called.DeclaringType!;
        return called switch
        {
            _ when type.Namespace == "System.Linq" => "uses LINQ",
            _ when type.IsInterface && called.Name == "GetEnumerator" => "enumerates an interface",
            _ when called.Name == Clone => $"copies a {type.Name}",
            _ when type.Name == "DefaultInterpolatedStringHandler" => "formats a string",
            _ when type == typeof(string) || UsesString(called) => $"has a string, at {type.Name}.{called.Name}",
            _ => null,
        };
    }

    // The compiler gives these to every record, called or not. Whoever calls one is seen: it has a string, or copies.
    private static bool IsWrittenForARecord(MethodBase method) =>
        method.Name is Clone or nameof(ToString) or "PrintMembers" && method.IsDefined(typeof(CompilerGeneratedAttribute));

    private static bool UsesString(MethodBase method) =>
        method.GetParameters().Any(parameter => parameter.ParameterType == typeof(string))
            || (method is MethodInfo info && info.ReturnType == typeof(string));

    private static MethodBase Resolve(MethodBase method, int token)
    {
        Type[]? ofType = method.DeclaringType!.IsGenericType ? method.DeclaringType.GetGenericArguments() : null;
        Type[]? ofMethod = method.IsGenericMethod ? method.GetGenericArguments() : null;
        return method.Module.ResolveMethod(token, ofType, ofMethod)!;
    }

    private static IEnumerable<(OpCode Code, int Token)> Instructions(byte[] code)
    {
        int at = 0;
        while (at < code.Length)
        {
            bool isLong = code[at] == 0xFE;
            short value = isLong ? (short)((0xFE << 8) | code[at + 1]) : code[at];
            at += isLong ? 2 : 1;
            OpCode opCode = OpCodesByValue[value];
            int size = OperandSize(opCode.OperandType, code, at);
            yield return (opCode, size == 4 ? BinaryPrimitives.ReadInt32LittleEndian(code.AsSpan(at)) : 0);
            at += size;
        }
    }

    private static int OperandSize(OperandType type, byte[] code, int at) => type switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        OperandType.InlineSwitch => 4 + (4 * BinaryPrimitives.ReadInt32LittleEndian(code.AsSpan(at))),
        _ => 4,
    };
}
